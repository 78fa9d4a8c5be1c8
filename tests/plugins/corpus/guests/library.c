// A library that two plugins want in two versions under one name.
__attribute__((visibility("default"))) int corpus_library_version(void);

int corpus_library_version(void) {
    return CORPUS_LIBRARY;
}
