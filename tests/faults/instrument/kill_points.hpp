#pragma once

#include "support/postgres.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tenon::testing {

/// A statement boundary of a function of the schema `tenon`, at which a backend can be held.
struct KillPoint {
    int number = 0;
    std::string function;
    int ordinal = 0;  ///< Within its function, from 1.
    int line = 0;     ///< Of the function's body.
    std::string after;
    bool may_write = false;  ///< As in StatementBoundary.

    /// Such as "advance #7, line 93, after 'v_tasks := v_more.tasks;'".
    std::string to_string() const;
};

/// Who stands at kill points, told by the database role of the session: `brain`, `hands` or
/// `hands_…`, anybody else. Hosts of a test connect as one of them, so that it can hold up the one
/// and let the other pass.
enum class Caller { brain, hands, client };

std::string to_string(Caller caller);

/// The functions of a test database, written anew with a call at every statement boundary of every
/// PL/pgSQL function that can change anything. The product knows nothing of it.
///
/// A backend that passes an armed point waits there for an advisory lock; everything else passes.
/// After `count()` each passing is recorded instead, to learn who comes where.
class KillPoints {
public:
    /// Rewrites the functions.
    explicit KillPoints(SqlSession& sql);

    const std::vector<KillPoint>& all() const noexcept { return points_; }

    const KillPoint& at(int number) const { return points_.at(static_cast<std::size_t>(number)); }

    /// From now on passings are recorded, and nobody is held.
    void count(SqlSession& sql);

    /// The points that were passed since `count()`, by caller; ends the counting.
    static std::map<Caller, std::set<int>> end_count(SqlSession& sql);

    /// Holds the next callers of that kind at the point until `release`, or until the session of
    /// `sql` ends.
    static void arm(SqlSession& sql, Caller caller, int number);
    static void release(SqlSession& sql);

    /// The backends that are held at an armed point.
    static std::vector<int> held(SqlSession& sql);

private:
    void plant(SqlSession& sql, const TextRow& function);

    std::vector<KillPoint> points_;
};

}  // namespace tenon::testing
