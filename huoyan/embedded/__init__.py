"""The embedded stack of `huoyan demo`: PostgreSQL from a wheel, an MQTT broker, and the process that watches them."""
