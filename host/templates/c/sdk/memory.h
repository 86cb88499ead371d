/* Memory that is never given back: the host makes a new instance for each call, and drops it with all that it has. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* So much memory, all zero. When there is no more the plugin is stopped, and the user is told that it was memory. */
void *allocate(size_t size);
/* Makes room for one more in a list of which `room` elements of this size can be filled. */
void *grown(void *list, size_t length, size_t *room, size_t size);

#endif
