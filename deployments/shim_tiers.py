from speech.cache.ram import RamTier


class TieredCache:
    def __init__(self, ram):
        self.ram = ram

    async def get(self, key):
        return self.ram.get(key)

    def get_ram(self, key):
        return self.ram.get(key)

    async def put(self, key, reply, *, group):
        self.ram.put(key, reply, size=reply.size, group=group)

    async def purge(self, group):
        return self.ram.purge(group)


def open_tiers(config, redis_password):
    return TieredCache(RamTier(config.ram))
