"""RFB 3.8 (VNC) as bytes in, bytes out: handshake, pictures, keys. Pure: sockets and threads are its user's."""
