/* Every C function that is called, by whatever binding. cffi reads this file too: declarations only. */
typedef struct { double x, y; } point;

int add(int a, int b);
double half(double x);
void nop(void);
int six(int a, int b, int c, int d, int e, int f);
double mixed(int a, double b, int c, double d, int e, double f, int g, double h);
point turn(point p);
double total(const double *values, size_t count);
int poke(char *text, int value);
const char *greeting(int which);
int divide(int a, int b, int *remainder);

int repeat(int (*callback)(int, int), int times);
int repeat_in_thread(int (*callback)(int, int), int times);
void sort(int *values, size_t count, int (*compare)(const int *, const int *));
void mark(void);
