/* qemu-ppc before 8.1 takes mffscrni for an illegal instruction. glibc's libm (cos, for one) uses it on every powerpc:
   a processor older than the instruction ignores what tells it from mffs. */
int main(void)
{
    __asm__ volatile (".long 0xfc17048e" ::: "fr0");    /* mffscrni 0, 0 */
    return 0;
}
