// What a plugin may be linked against and then not find: a library that is nowhere, or a version of
// the C library that is still to come.
extern __attribute__((visibility("default"))) int from_far_away(void);

int from_far_away(void) {
    return 42;
}
