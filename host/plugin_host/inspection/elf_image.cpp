#include "plugin_host/inspection/elf_image.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <map>
#include <optional>

namespace tenon::plugin_host {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif

constexpr std::uint64_t most_segments = 1024;
constexpr std::uint64_t most_versions = 4096;
constexpr std::string_view build_again = "build it again, or copy it with mv or install";

// A fault found while reading; caught in parse(), the only entrance.
struct Fault {
    Finding finding;
};

[[noreturn]] void fault(PluginRule rule, std::string what, std::string_view fix) {
    throw Fault{{rule, std::move(what), std::string(fix)}};
}

std::string machine_name(std::uint16_t machine) {
    switch (machine) {
        case EM_X86_64: return "x86-64";
        case EM_AARCH64: return "aarch64";
        case EM_386: return "i386";
        case EM_RISCV: return "risc-v";
        default: return fmt::format("machine {}", machine);
    }
}

class ElfReader {
public:
    explicit ElfReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    ElfImage read() {
        read_header();
        read_segments();
        check_sections();
        read_dynamic();
        check_dynamic_tables();
        read_symbols();
        read_versions();
        check_relocations(DT_RELA, DT_RELASZ);
        check_relocations(DT_JMPREL, DT_PLTRELSZ);
        return std::move(image_);
    }

private:
    template <class T>
    T at(std::uint64_t offset, std::string_view what) const {
        require(offset, sizeof(T), what);
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }

    void require(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
        if (size > bytes_.size() || offset > bytes_.size() - size) {
            fault(
                PluginRule::truncated,
                fmt::format(
                    "is truncated, its {} lies beyond the end of the file ({} bytes)",
                    what,
                    bytes_.size()
                ),
                "copy it again, with mv or install"
            );
        }
    }

    [[noreturn]] static void malformed(std::string_view what) {
        fault(PluginRule::malformed, fmt::format("is malformed, {}", what), build_again);
    }

    std::string_view text_at(std::uint64_t offset, std::uint64_t size, std::string_view what)
        const {
        require(offset, size, what);
        return {reinterpret_cast<const char*>(bytes_.data()) + offset, size};
    }

    void read_header() {
        if (bytes_.empty()) {
            fault(PluginRule::not_elf, "is empty", "copy it again, with mv or install");
        }
        const auto magic = text_at(0, std::min<std::size_t>(bytes_.size(), SELFMAG), "header");
        if (magic != ELFMAG) {
            fault(
                PluginRule::not_elf,
                "is no shared object, it does not begin like an ELF file",
                "name the .so that the build made"
            );
        }
        header_ = at<Elf64_Ehdr>(0, "header");
        if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB) {
            fault(
                PluginRule::wrong_machine,
                "is no 64-bit little-endian object",
                "build it for this machine"
            );
        }
        if (header_.e_machine != own_machine) {
            fault(
                PluginRule::wrong_machine,
                fmt::format(
                    "is built for {}, but this host runs on {}",
                    machine_name(header_.e_machine),
                    machine_name(own_machine)
                ),
                "build it for this machine"
            );
        }
        if (header_.e_type != ET_DYN) {
            fault(PluginRule::not_shared_object, "is no shared object", "link it with -shared");
        }
        image_.machine = machine_name(header_.e_machine);
    }

    void read_segments() {
        if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum == 0 ||
            header_.e_phnum > most_segments) {
            malformed("its program header table makes no sense");
        }
        bool stack_declared = false;
        for (std::uint64_t i = 0; i < header_.e_phnum; ++i) {
            const auto segment =
                at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr), "program header table");
            read_segment(segment);
            if (segment.p_type == PT_GNU_STACK) {
                stack_declared = true;
                image_.executable_stack = (segment.p_flags & PF_X) != 0;
            }
        }
        if (!stack_declared) {
            image_.executable_stack = true;  // What glibc makes of a missing declaration.
        }
        if (loads_.empty() || !dynamic_) {
            malformed("it has nothing to load");
        }
    }

    void read_segment(const Elf64_Phdr& segment) {
        if (segment.p_type == PT_LOAD) {
            require(segment.p_offset, segment.p_filesz, "code or data");
            image_.writable_code |= (segment.p_flags & (PF_W | PF_X)) == (PF_W | PF_X);
            if (segment.p_filesz > segment.p_memsz ||
                segment.p_vaddr + segment.p_memsz < segment.p_vaddr) {
                malformed("a segment is larger in the file than in memory");
            }
            loads_.push_back(segment);
        } else if (segment.p_type == PT_DYNAMIC) {
            require(segment.p_offset, segment.p_filesz, "dynamic section");
            dynamic_ = segment;
        } else if (segment.p_type == PT_NOTE) {
            read_notes(segment);
        }
    }

    void read_notes(const Elf64_Phdr& segment) {
        const std::uint64_t align = segment.p_align == 8 ? 8 : 4;
        const auto padded = [align](std::uint64_t size) {
            return (size + align - 1) & ~(align - 1);
        };
        require(segment.p_offset, segment.p_filesz, "notes");
        std::uint64_t offset = segment.p_offset;
        const auto end = segment.p_offset + segment.p_filesz;
        while (end - offset >= sizeof(Elf64_Nhdr)) {
            const auto note = at<Elf64_Nhdr>(offset, "notes");
            offset += sizeof note;
            const std::uint64_t sizes = padded(note.n_namesz) + padded(note.n_descsz);
            if (sizes > end - offset) {
                return;  // Padding, or a producer's private record: nothing the loader follows.
            }
            auto owner = text_at(offset, note.n_namesz, "notes");
            owner = owner.substr(0, owner.find('\0'));
            const auto value = text_at(offset + padded(note.n_namesz), note.n_descsz, "notes");
            image_.notes.push_back({owner, note.n_type, value});
            offset += sizes;
        }
    }

    // The loader does not read sections, but they end the file: one that is cut short or still
    // being written shows here.
    void check_sections() const {
        if (header_.e_shoff == 0) {
            return;
        }
        const std::uint64_t size = std::uint64_t{header_.e_shnum} * header_.e_shentsize;
        require(header_.e_shoff, size, "section table");
        if (header_.e_shnum == 0 || header_.e_shentsize != sizeof(Elf64_Shdr)) {
            return;
        }
        const auto names = at<Elf64_Shdr>(
            header_.e_shoff + std::uint64_t{header_.e_shstrndx} * sizeof(Elf64_Shdr),
            "section table"
        );
        if (names.sh_type != SHT_STRTAB) {
            fault(
                PluginRule::incomplete,
                "is incomplete, its section table is blank",
                "wait until it is written, or copy it again"
            );
        }
    }

    void read_dynamic() {
        std::uint64_t offset = dynamic_->p_offset;
        const auto end = dynamic_->p_offset + dynamic_->p_filesz;
        bool ended = false;
        for (; !ended && end - offset >= sizeof(Elf64_Dyn); offset += sizeof(Elf64_Dyn)) {
            const auto entry = at<Elf64_Dyn>(offset, "dynamic section");
            ended = entry.d_tag == DT_NULL;
            if (entry.d_tag == DT_NEEDED) {
                needed_.push_back(entry.d_un.d_val);
            }
            entries_.emplace(entry.d_tag, entry.d_un.d_val);
        }
        if (!ended || !entries_.contains(DT_STRTAB) || !entries_.contains(DT_SYMTAB)) {
            malformed("its dynamic section is blank or has no end");
        }
        const auto flags = entry_or(DT_FLAGS, 0);
        image_.text_relocations = entries_.contains(DT_TEXTREL) || (flags & DF_TEXTREL) != 0;
        image_.static_tls = (flags & DF_STATIC_TLS) != 0;
        const auto more_flags = entry_or(DT_FLAGS_1, 0);
        image_.position_independent_executable = (more_flags & DF_1_PIE) != 0;
        image_.never_unloaded = (more_flags & DF_1_NODELETE) != 0;
        image_.bound_at_once = entries_.contains(DT_BIND_NOW) || (flags & DF_BIND_NOW) != 0 ||
                               (more_flags & DF_1_NOW) != 0;
        image_.constructors = entry_or(DT_INIT_ARRAYSZ, 0) / sizeof(std::uint64_t) +
                              (entries_.contains(DT_INIT) ? 1 : 0);
    }

    std::uint64_t entry_or(std::int64_t tag, std::uint64_t fallback) const {
        const auto found = entries_.find(tag);
        return found == entries_.end() ? fallback : found->second;
    }

    // Where in the file the loader will find `size` bytes of memory at `address`.
    std::uint64_t file_offset(std::uint64_t address, std::uint64_t size, std::string_view what)
        const {
        for (const auto& load : loads_) {
            const bool inside = address >= load.p_vaddr && size <= load.p_filesz &&
                                address - load.p_vaddr <= load.p_filesz - size;
            if (inside) {
                return load.p_offset + (address - load.p_vaddr);
            }
        }
        malformed(fmt::format("its {} lies outside of every segment", what));
    }

    void check_dynamic_tables() {
        constexpr std::array sized{
            std::pair(DT_STRTAB, DT_STRSZ),
            std::pair(DT_RELA, DT_RELASZ),
            std::pair(DT_JMPREL, DT_PLTRELSZ),
            std::pair(DT_INIT_ARRAY, DT_INIT_ARRAYSZ),
            std::pair(DT_FINI_ARRAY, DT_FINI_ARRAYSZ),
        };
        for (const auto [table, size] : sized) {
            if (entries_.contains(table)) {
                file_offset(entry_or(table, 0), entry_or(size, 0), "dynamic table");
            }
        }
        for (const auto tag : {DT_INIT, DT_FINI, DT_VERSYM, DT_VERNEED, DT_VERDEF}) {
            if (entries_.contains(tag)) {
                file_offset(entry_or(tag, 0), 1, "dynamic table");
            }
        }
        const auto size = entry_or(DT_STRSZ, 0);
        strings_ =
            text_at(file_offset(entry_or(DT_STRTAB, 0), size, "string table"), size, "names");
        if (strings_.empty() || strings_.back() != '\0') {
            malformed("its string table has no end");
        }
        for (const auto offset : needed_) {
            image_.needed.push_back(string_at(offset));
        }
        const std::array named{
            std::pair(DT_SONAME, &image_.soname),
            std::pair(DT_RPATH, &image_.rpath),
            std::pair(DT_RUNPATH, &image_.runpath),
        };
        for (const auto& [tag, name] : named) {
            *name = entries_.contains(tag) ? string_at(entry_or(tag, 0)) : std::string_view{};
        }
    }

    std::string_view string_at(std::uint64_t offset) const {
        if (offset >= strings_.size()) {
            malformed("a name lies outside of its string table");
        }
        return strings_.substr(offset, strings_.find('\0', offset) - offset);
    }

    template <class T>
    T mapped(std::uint64_t address, std::string_view what) const {
        return at<T>(file_offset(address, sizeof(T), what), what);
    }

    // The symbol table does not say how long it is; its hash table does.
    std::uint64_t symbol_count() const {
        if (entries_.contains(DT_HASH)) {
            return mapped<std::uint32_t>(entry_or(DT_HASH, 0) + 4, "hash table");
        }
        if (!entries_.contains(DT_GNU_HASH)) {
            malformed("it has no hash table");
        }
        const auto base = entry_or(DT_GNU_HASH, 0);
        const auto head = mapped<std::array<std::uint32_t, 4>>(base, "hash table");
        const std::uint64_t buckets = base + sizeof head + std::uint64_t{head[2]} * 8;
        const std::uint64_t chains = buckets + std::uint64_t{head[0]} * 4;
        std::uint64_t last = 0;
        for (std::uint64_t i = 0; i < head[0]; ++i) {
            last =
                std::max<std::uint64_t>(last, mapped<std::uint32_t>(buckets + i * 4, "hash table"));
        }
        if (last < head[1]) {
            return head[1];
        }
        while ((mapped<std::uint32_t>(chains + (last - head[1]) * 4, "hash table") & 1U) == 0) {
            ++last;
        }
        return last + 1;
    }

    void read_symbols() {
        symbol_count_ = symbol_count();
        const auto base = entry_or(DT_SYMTAB, 0);
        for (std::uint64_t i = 1; i < symbol_count_; ++i) {
            const auto symbol = mapped<Elf64_Sym>(base + i * sizeof(Elf64_Sym), "symbol table");
            image_.symbols.push_back(
                {string_at(symbol.st_name),
                 static_cast<std::uint8_t>(ELF64_ST_BIND(symbol.st_info)),
                 static_cast<std::uint8_t>(ELF64_ST_TYPE(symbol.st_info)),
                 symbol.st_shndx != SHN_UNDEF,
                 ELF64_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT ||
                     ELF64_ST_VISIBILITY(symbol.st_other) == STV_PROTECTED,
                 symbol.st_size}
            );
        }
    }

    // Which versions of which libraries it was linked against: "libc.so.6" and "GLIBC_2.34".
    void read_versions() {
        auto record = entry_or(DT_VERNEED, 0);
        auto left = entry_or(DT_VERNEEDNUM, 0);
        std::uint64_t next = record == 0 ? 0 : 1;
        for (; next != 0 && left > 0; --left, record += next) {
            const auto library = mapped<Elf64_Verneed>(record, "version table");
            read_versions_of(library, record);
            next = library.vn_next;
        }
    }

    void read_versions_of(const Elf64_Verneed& library, std::uint64_t record) {
        const auto file = string_at(library.vn_file);
        std::uint64_t address = record + library.vn_aux;
        for (std::uint64_t i = 0; i < library.vn_cnt; ++i) {
            const auto version = mapped<Elf64_Vernaux>(address, "version table");
            image_.versions.push_back({file, string_at(version.vna_name)});
            if (image_.versions.size() > most_versions) {
                malformed("its version table has no end");
            }
            address += version.vna_next;
        }
    }

    void check_relocations(std::int64_t table, std::int64_t table_size) {
        const auto size = entry_or(table_size, 0);
        const auto base = size == 0 ? 0 : file_offset(entry_or(table, 0), size, "relocations");
        for (std::uint64_t i = 0; i + sizeof(Elf64_Rela) <= size; i += sizeof(Elf64_Rela)) {
            const auto entry = at<Elf64_Rela>(base + i, "relocations");
            ++image_.relocations;
            const bool inside = std::ranges::any_of(loads_, [&entry](const auto& load) {
                return entry.r_offset >= load.p_vaddr &&
                       entry.r_offset - load.p_vaddr < load.p_memsz;
            });
            if (!inside || ELF64_R_SYM(entry.r_info) >= std::max<std::uint64_t>(symbol_count_, 1)) {
                malformed("a relocation points outside of it");
            }
        }
    }

    std::span<const std::byte> bytes_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Phdr> loads_;
    std::optional<Elf64_Phdr> dynamic_;
    std::map<std::int64_t, std::uint64_t> entries_;
    std::vector<std::uint64_t> needed_;
    std::string_view strings_;
    std::uint64_t symbol_count_ = 0;
    ElfImage image_;
};

}  // namespace

Result<ElfImage, Finding> ElfImage::parse(std::span<const std::byte> bytes) {
    try {
        return ElfReader(bytes).read();
    } catch (const Fault& fault) {
        return fault.finding;
    }
}

}  // namespace tenon::plugin_host
