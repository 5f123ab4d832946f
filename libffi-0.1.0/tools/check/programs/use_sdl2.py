"""PySDL2: a window without a screen, drawn to and read back, with an event filter that is Python's."""
import ctypes
import os

os.environ["SDL_VIDEODRIVER"] = "dummy"
import sdl2

assert sdl2.SDL_Init(sdl2.SDL_INIT_VIDEO) == 0
window = sdl2.SDL_CreateWindow(b"window", 0, 0, 64, 64, sdl2.SDL_WINDOW_HIDDEN)
surface = sdl2.SDL_GetWindowSurface(window)
sdl2.SDL_FlushEvents(sdl2.SDL_FIRSTEVENT, sdl2.SDL_LASTEVENT)      # those of the window
told = []


@sdl2.SDL_EventFilter
def watch(_data, event):
    told.append(event.contents.type)
    return 1


sdl2.SDL_AddEventWatch(watch, None)
for n in range(2000):
    rectangle = sdl2.SDL_Rect(n % 32, 0, 8, 8)
    assert sdl2.SDL_FillRect(surface, ctypes.byref(rectangle), 0xFF0000 + n % 256) == 0
    event = sdl2.SDL_Event()
    event.type = sdl2.SDL_USEREVENT
    assert sdl2.SDL_PushEvent(ctypes.byref(event)) == 1
    while not sdl2.SDL_PollEvent(ctypes.byref(event)):      # a sentinel of SDL's own may be in between
        pass
assert told.count(sdl2.SDL_USEREVENT) == 2000
assert surface.contents.w == 64
sdl2.SDL_Quit()
