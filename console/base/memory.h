/* How often memory was refused. What fails then says so at many a place with whatever reason came to hand, often that
 * what it was given is wrong; a verdict on somebody's record must not rest on that. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/* OpenSSL takes its memory through here from now on. Before its first allocation; later it does nothing. */
void memory_watch_openssl(void);
/* Counts one refusal: for those who were refused. error_memory() does it by itself. */
void memory_refused(void);
/* How often it was refused, in all threads: to OpenSSL, to what is built of bytes and of JSON, to patterns. */
unsigned long memory_refusals(void);

#endif
