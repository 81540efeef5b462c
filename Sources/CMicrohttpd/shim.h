// CMicrohttpd: what Swift cannot import by itself (macros, variadic functions) as static inline functions.
#pragma once
#include <microhttpd.h>
#include <sys/socket.h>

/* A daemon without a thread of its own, for somebody else's loop: see starling_mhd_epoll_fd. */
static inline struct MHD_Daemon *starling_mhd_start(
    int listen_fd, unsigned int connections, unsigned int idle_seconds, size_t memory,
    MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed, void *context) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_END);
}

/* Readable whenever the daemon has something to do; -1 if there is none. */
static inline int starling_mhd_epoll_fd(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

/* Milliseconds until the daemon wants to run though nothing is readable; -1 if never. */
static inline long long starling_mhd_timeout(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    if (MHD_get_timeout(daemon, &timeout) != MHD_YES) return -1;
    return timeout > 3600000 ? 3600000 : (long long)timeout;
}

/* Connections open now, suspended ones included. */
static inline unsigned int starling_mhd_connections(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

/* The process at the other end of a Unix socket, as the system knows it; 0 where it is not seen from
   here (another namespace, TCP). struct ucred hides behind a feature macro: three numbers, see
   unix(7). */
static inline int starling_mhd_peer_process(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct { int process; unsigned int user, group; } peer = {0, 0, 0};
    socklen_t size = sizeof peer;
    if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
    return peer.process;
}

/* Bodies of small answers are copied by the library, so that they leave with the head. */
static inline struct MHD_Response *starling_mhd_copied_response(size_t size, const void *bytes) {
    return MHD_create_response_from_buffer(size, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

/* The reader's ways to say that the body ends here, or cannot be given. */
static inline ssize_t starling_mhd_end_of_body(void) { return MHD_CONTENT_READER_END_OF_STREAM; }

/* Swift sees the flags only as numbers without names. */
static inline enum MHD_ValueKind starling_mhd_headers(void) { return MHD_HEADER_KIND; }
static inline enum MHD_ValueKind starling_mhd_arguments(void) { return MHD_GET_ARGUMENT_KIND; }
