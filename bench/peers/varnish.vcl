# Varnish at its best for these loads: everything in memory, and no more VCL than the one backend. Its log goes to shared memory,
# as always; nobody writes it to a file. The options of varnishd are in bench/harness/peers.mjs.
vcl 4.1;

backend origin {
  .host = "127.0.0.1";
  .port = "@ORIGIN@";
}
