/* The C compiler that tests find under Wine: hands its arguments to tools/release/compile_server.py, which compiles on
   the Linux side, and says what that said.  The server's port is in the environment: COMPILE_SERVER. */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what)
{
    fprintf(stderr, "cc: %s\n", what);
    exit(99);
}

static void send_all(SOCKET to, const char *data, int size)
{
    while (size > 0) {
        int sent = send(to, data, size, 0);
        if (sent <= 0)
            fail("the compile server is gone");
        data += sent;
        size -= sent;
    }
}

static void receive_all(SOCKET from, unsigned char *data, unsigned size)
{
    while (size > 0) {
        int got = recv(from, (char *)data, (int)size, 0);
        if (got <= 0)
            fail("the compile server is gone");
        data += got;
        size -= (unsigned)got;
    }
}

int main(int argc, char **argv)
{
    const char *port = getenv("COMPILE_SERVER");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char buffer[65536];
    char folder[MAX_PATH];
    WSADATA data;
    SOCKET server;
    unsigned char code, size[4];
    unsigned output, part;
    int i, got, reads = 0;

    if (port == NULL)
        fail("COMPILE_SERVER is not set");
    WSAStartup(MAKEWORD(2, 2), &data);
    server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((unsigned short)atoi(port));
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0)
        fail("no compile server answers");
    GetCurrentDirectoryA(sizeof folder, folder);
    send_all(server, folder, (int)strlen(folder) + 1);
    for (i = 1; i < argc; ++i) {
        send_all(server, argv[i], (int)strlen(argv[i]) + 1);
        reads |= strcmp(argv[i], "-") == 0;
    }
    send_all(server, "", 1);        /* no argument is empty: the source follows */
    while (reads && (got = (int)fread(buffer, 1, sizeof buffer, stdin)) > 0)
        send_all(server, buffer, got);
    shutdown(server, SD_SEND);
    /* One byte is the exit code, four say how much of what follows is of the standard output; the rest is the
       other's. */
    receive_all(server, &code, 1);
    receive_all(server, size, sizeof size);
    for (output = size[0] | size[1] << 8 | size[2] << 16 | (unsigned)size[3] << 24; output > 0; output -= part) {
        part = output < sizeof buffer ? output : sizeof buffer;
        receive_all(server, (unsigned char *)buffer, part);
        fwrite(buffer, 1, part, stdout);
    }
    while ((got = recv(server, buffer, sizeof buffer, 0)) > 0)
        fwrite(buffer, 1, (size_t)got, stderr);
    return code;
}
