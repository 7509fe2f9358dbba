/* alloc MIB: touches so much memory, one MiB after the other, says so, and ends. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  for (int mib = argc > 1 ? atoi(argv[1]) : 1; mib > 0; mib--) {
    char *block = malloc(1 << 20);
    if (block == NULL) return 3;
    memset(block, 1, 1 << 20);
  }
  return write(1, "survived\n", 9) < 0;
}
