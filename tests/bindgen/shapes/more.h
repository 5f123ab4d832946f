typedef struct opaque opaque;
