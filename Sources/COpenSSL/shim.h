// COpenSSL: what Swift cannot import by itself (macros) as static inline functions.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// For Identity: what a memory BIO holds, without taking it away.
static inline long starling_identity_bio_bytes(BIO *bio, const unsigned char **start) {
    char *data = NULL;
    long count = BIO_get_mem_data(bio, &data);
    *start = (const unsigned char *)data;
    return count;
}

// For Identity: adds an extension to a self-signed certificate; 1 when done.
static inline int starling_identity_add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int done = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

// For Transport: the settings of a context that are macros; 1 when all were taken.
static inline int starling_tls_configure(SSL_CTX *context, const char *groups,
                                         const char *signatures, long max_certificates) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_max_cert_list(context, max_certificates);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signatures) == 1;
}

// For Transport: bytes waiting in a memory BIO, and dropping them all.
static inline long starling_tls_waiting(BIO *bio, const unsigned char **start) {
    char *data = NULL;
    long count = BIO_get_mem_data(bio, &data);
    *start = (const unsigned char *)data;
    return count;
}
static inline void starling_tls_drop(BIO *bio) { (void)BIO_reset(bio); }

// For Transport: a memory BIO that says "come again" when it is empty.
static inline BIO *starling_tls_memory(void) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio != NULL) BIO_set_mem_eof_return(bio, -1);
    return bio;
}

static inline int starling_tls_reason(unsigned long error) { return ERR_GET_REASON(error); }
