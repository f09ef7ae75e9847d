/* Preloaded into `wachpost`: notes which of its functions run, for `cargo xtask start-order`.
 *
 * The first octet of each function becomes a breakpoint; the first time one runs, it is noted and gets its octet back. What is noted
 * lies in a file that all processes map: at the place of a function's address one bit for each process. Octet 0, where no function
 * is, counts the processes. The sandbox must be off, since this writes into the program. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

enum { NOTES = 200, PAGE = 4096, BREAKPOINT = 0xCC, PROCESSES_MAX = 8 };

static uintptr_t base, first, end;
static unsigned char *octets, *notes, bit;

static void ran(int number, siginfo_t *about, void *context) {
    (void)about;
    greg_t *next = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uintptr_t at = *next - 1;
    if (at < first || at >= end) {
        signal(number, SIG_DFL);
        return;
    }
    __sync_fetch_and_or(&notes[at - base], bit);
    *(volatile unsigned char *)at = octets[at - first];
    *next = at;
}

static uintptr_t loaded_at(const char *program) {
    char line[512];
    uintptr_t start = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, program)) {
            sscanf(line, "%lx-", &start);
            break;
        }
    if (maps) fclose(maps);
    return start;
}

__attribute__((constructor)) static void begin(void) {
    char program[300];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 9) return;
    program[length] = 0;
    if (strcmp(program + length - 9, "/wachpost")) return;
    struct stat about;
    int file = open("/proc/self/exe", O_RDONLY);
    if (fstat(file, &about)) return;
    char *image = mmap(0, about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    Elf64_Ehdr *head = (void *)image;
    Elf64_Shdr *sections = (void *)(image + head->e_shoff), *text = 0, *symbols = 0;
    char *names = image + sections[head->e_shstrndx].sh_offset;
    for (int i = 0; i < head->e_shnum; i++) {
        if (!strcmp(names + sections[i].sh_name, ".text")) text = sections + i;
        if (sections[i].sh_type == SHT_SYMTAB) symbols = sections + i;
    }
    if (!text || !symbols) return;
    base = loaded_at(program);
    first = base + text->sh_addr;
    end = first + text->sh_size;
    octets = malloc(text->sh_size);
    memcpy(octets, (void *)first, text->sh_size);
    const char *path = getenv("START_ORDER_NOTES");
    if (path) {
        file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
        if (ftruncate(file, text->sh_addr + text->sh_size) || dup2(file, NOTES) < 0) return;
        unsetenv("START_ORDER_NOTES");
    }
    notes = mmap(0, text->sh_addr + text->sh_size, PROT_READ | PROT_WRITE, MAP_SHARED, NOTES, 0);
    if (notes == MAP_FAILED) return;
    bit = 1 << __sync_fetch_and_add(notes, 1) % PROCESSES_MAX;
    struct sigaction action = {.sa_sigaction = ran, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGTRAP, &action, 0);
    uintptr_t page = first & ~(uintptr_t)(PAGE - 1);
    if (mprotect((void *)page, end - page, PROT_READ | PROT_WRITE | PROT_EXEC)) return;
    Elf64_Sym *symbol = (void *)(image + symbols->sh_offset);
    for (size_t i = 0; i < symbols->sh_size / sizeof *symbol; i++) {
        uintptr_t at = base + symbol[i].st_value;
        if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC && symbol[i].st_size && at >= first && at < end)
            *(unsigned char *)at = BREAKPOINT;
    }
    munmap(image, about.st_size);
}

/* The starter gives what it starts an environment without this. */
static char **with_this(char *const *environment) {
    static char *extended[64], preload[4200];
    size_t count = 0;
    Dl_info about;
    dladdr((void *)with_this, &about);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", about.dli_fname);
    for (; environment && environment[count] && count < 62; count++) extended[count] = environment[count];
    extended[count++] = preload;
    extended[count] = 0;
    return extended;
}

#define SPAWN(name) \
    int name(pid_t *child, const char *program, const posix_spawn_file_actions_t *actions, \
             const posix_spawnattr_t *attributes, char *const words[], char *const environment[]) { \
        int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, \
                    char *const[], char *const[]) = dlsym(RTLD_NEXT, #name); \
        return real(child, program, actions, attributes, words, with_this(environment)); \
    }
SPAWN(posix_spawn)
SPAWN(posix_spawnp)

extern char **environ;
int execvp(const char *program, char *const words[]) {
    environ = with_this(environ);
    int (*real)(const char *, char *const[]) = dlsym(RTLD_NEXT, "execvp");
    return real(program, words);
}
