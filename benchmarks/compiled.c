/* The hottest parts of cleaning a page, in C, to see what a compiled part would bring: see compiled.py. */
#include <stdint.h>
#include <string.h>

/* The beginning of libxml2's xmlNode. */
typedef struct Node {
    void *_private;
    int type;
    const char *name;
    struct Node *children, *last, *parent, *next, *prev;
    void *doc, *ns;
    const char *content;
    struct Node *properties;
} Node;

enum { ELEMENT = 1, TEXT = 3, CDATA = 4, MAX_DEPTH = 4096 };

typedef struct {
    char *bytes;
    int64_t size, used;
} Buffer;

static void put(Buffer *buffer, const char *text) {
    int64_t length = (int64_t)strlen(text) + 1;
    if (buffer->used + length > buffer->size) return;
    memcpy(buffer->bytes + buffer->used, text, length);
    buffer->used += length;
}

/* Elements of a tree in document order: the parent of each, where its strings begin in the buffer, and all names,
   attributes and texts one after the other in it. */
int64_t read_tree(Node *root, int32_t *parent, int64_t *start, char *bytes, int64_t size) {
    Buffer buffer = {bytes, size, 0};
    int32_t stack[MAX_DEPTH];
    int depth = 0;
    int64_t n = 0;
    for (Node *node = root; node;) {
        if (node->type == ELEMENT) {
            parent[n] = depth ? stack[depth - 1] : -1;
            start[n] = buffer.used;
            put(&buffer, node->name);
            for (Node *attribute = node->properties; attribute; attribute = attribute->next) {
                put(&buffer, attribute->name);
                if (attribute->children && attribute->children->content) put(&buffer, attribute->children->content);
            }
            n++;
            if (node->children && depth < MAX_DEPTH - 1) {
                stack[depth++] = (int32_t)(n - 1);
                node = node->children;
                continue;
            }
        } else if ((node->type == TEXT || node->type == CDATA) && node->content) {
            put(&buffer, node->content);
        }
        while (node && node != root && !node->next) {
            node = node->parent;
            depth--;
        }
        node = node && node != root ? node->next : NULL;
    }
    return n;
}

/* Sum of the leaves that each row reaches, added to `out`, shape (n_rows, n_outputs). */
void walk_trees(const float *matrix, int64_t n_rows, int64_t n_features, const int32_t *feature,
                const float *threshold, const int32_t *left, const int32_t *right, const uint8_t *missing_left,
                const float *value, const int32_t *root, const int32_t *output, int64_t n_trees, int64_t n_outputs,
                double *out) {
    for (int64_t row = 0; row < n_rows; row++) {
        const float *x = matrix + row * n_features;
        for (int64_t tree = 0; tree < n_trees; tree++) {
            int32_t node = root[tree];
            while (left[node] != node) {
                float v = x[feature[node]];
                int goes_left = v != v ? missing_left[node] : v <= threshold[node];
                node = goes_left ? left[node] : right[node];
            }
            out[row * n_outputs + output[tree]] += value[node];
        }
    }
}

static const uint32_t BASE = 0x01000193u, WORD_PAIR = 0x9E3779B1u, WORD = 0x5BD1E995u, WIDE = 0x2E80u;
enum { MAX_OUTPUTS = 16 };

typedef struct {
    uint32_t mask;
    const int8_t *weights;
    int64_t n_outputs;
    int32_t sums[MAX_OUTPUTS], count;
} Score;

static void add(Score *score, uint32_t hash) {
    hash ^= hash >> 16;
    hash *= 0x85EBCA6Bu;
    hash ^= hash >> 13;
    hash *= 0xC2B2AE35u;
    hash ^= hash >> 16;
    const int8_t *weight = score->weights + (int64_t)(hash & score->mask) * score->n_outputs;
    for (int64_t k = 0; k < score->n_outputs; k++) score->sums[k] += weight[k];
    score->count++;
}

static int in_word(uint32_t c) {
    return c >= 0xC0 || (c >= 0x61 && c <= 0x7A) || c == 0x30 || c == 0x24 || c == 0x40;
}

/* Hash the n-grams of texts and add up their weights, in one pass; texts end in 0, `code` in one more 0. */
void score_texts(const uint32_t *code, int64_t length, uint32_t mask, int shortest, int longest,
                 const int8_t *weights, int64_t n_outputs, int32_t *sums, int32_t *counts) {
    Score score = {mask, weights, n_outputs, {0}, 0};
    int64_t text = 0, start = 0;
    uint32_t word = 0, power = 1, before = 0;
    int inside = 0, has_before = 0;
    for (int64_t i = 0; i < length; i++) {
        if (code[i] == 0) {
            memcpy(sums + text * n_outputs, score.sums, n_outputs * sizeof(int32_t));
            counts[text++] = score.count;
            memset(score.sums, 0, sizeof score.sums);
            score.count = 0;
            start = i + 1;
            has_before = 0;
            continue;
        }
        for (int size = 2; size <= longest && i - size + 1 >= start; size++) {
            int wide = size == 2 && code[i] >= WIDE && code[i - 1] >= WIDE;
            if (size < shortest && !wide) continue;
            uint32_t hash = 0;
            for (int64_t at = i - size + 1; at <= i; at++) hash = hash * BASE + code[at];
            add(&score, hash + (uint32_t)size);
        }
        if (!in_word(code[i])) continue;
        if (!inside) word = 0, power = 1, inside = 1;
        power *= BASE;
        word += (code[i] + 1) * power;
        if (in_word(code[i + 1])) continue;
        inside = 0;
        word ^= WORD;
        add(&score, word);
        if (has_before) add(&score, before * WORD_PAIR + word);
        before = word;
        has_before = 1;
    }
}
