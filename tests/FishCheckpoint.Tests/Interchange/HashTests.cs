using FishCheckpoint.Interchange.Hashing;
using Xunit;

namespace FishCheckpoint.Tests.Interchange;

/// <summary>
/// Checksums against numbers that their authors have published (xxHash's sanity check; BLAKE3's test vectors; RFC 1950), and cut anywhere.
/// </summary>
public sealed class HashTests
{
    [Theory]
    [InlineData(0, "99aa06d3014798d86001c324468d497f")]
    [InlineData(1, "a6cd5e9392000f6ac44bdff4074eecdb")]
    [InlineData(6, "082afe0b8162d12a3e7039bdda43cfc6")]
    [InlineData(12, "6e3efd8fc7802b18061a192713f69ad9")]
    [InlineData(24, "0ce966e4678d37611e7044d28b1b901d")]
    [InlineData(48, "a002ac4e5478227ef942219aed80f67b")]
    [InlineData(81, "4952f58181ab00425e8bafb9f95fb803")]
    [InlineData(222, "337e09641b948717f1aebd597cec6b3a")]
    [InlineData(403, "1b6de21e332dd73dcdeb804d65c6dea4")]
    [InlineData(512, "18d2d110dcc9bca1617e49599013cb6b")]
    [InlineData(2048, "f736557fd47073a5dd59e2c3a5f038e0")]
    [InlineData(2240, "ccb134fbfa7ce49d6e73a90539cf2948")]
    [InlineData(2367, "e89c0f6ff369b427cb37aeb9e5d361ed")]
    public void Xxh3_PublishedInput_HasThePublishedHash(int length, string expected) =>
        Assert.Equal(expected, Whole(Checksums.Xxh3, Generated(length)));

    [Theory]
    [InlineData(0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData(1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213")]
    [InlineData(2, "7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63")]
    [InlineData(3, "e1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f")]
    [InlineData(1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11")]
    [InlineData(1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7")]
    [InlineData(1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444")]
    [InlineData(2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a")]
    [InlineData(2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030")]
    [InlineData(3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2")]
    [InlineData(3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3")]
    [InlineData(4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969")]
    [InlineData(4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995")]
    [InlineData(5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833")]
    [InlineData(5121, "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff")]
    [InlineData(6144, "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205")]
    [InlineData(6145, "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f")]
    [InlineData(7168, "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a")]
    [InlineData(7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817")]
    [InlineData(8192, "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63")]
    [InlineData(8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b")]
    [InlineData(16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4")]
    [InlineData(31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47")]
    [InlineData(102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085")]
    public void Blake3_PublishedInput_HasThePublishedHash(int length, string expected) =>
        Assert.Equal(expected, Whole(Checksums.Blake3, [.. Enumerable.Range(0, length).Select(index => (byte)(index % 251))]));

    [Fact]
    public void Adler32_KnownText_HasItsChecksum() => Assert.Equal("11e60398", Whole(Checksums.Adler32, "Wikipedia"u8.ToArray()));

    [Theory]
    [InlineData(Checksums.Xxh3)]
    [InlineData(Checksums.Blake3)]
    [InlineData(Checksums.Adler32)]
    [InlineData(Checksums.Sha256)]
    public void Append_CutAnywhere_MakesNoDifference(string name)
    {
        foreach (var length in new[] { 17, 240, 241, 1024, 1025, 8192, 8193, 20000 })
        {
            var (bytes, expected) = (Generated(length), Whole(name, Generated(length)));
            for (var cut = 0; cut <= length; cut += length < 300 ? 1 : 61)
            {
                var hash = Checksums.Create(name, "test");
                hash.Append(bytes.AsSpan(0, cut));
                hash.Append(bytes.AsSpan(cut));
                Assert.Equal(expected, hash.Finish());
            }
        }
    }

    private static string Whole(string name, byte[] bytes)
    {
        var hash = Checksums.Create(name, "test");
        hash.Append(bytes);
        return hash.Finish();
    }

    // The buffer that xxHash checks itself with.
    private static byte[] Generated(int length)
    {
        var (bytes, state) = (new byte[length], 2654435761UL);
        for (var index = 0; index < length; index++)
        {
            bytes[index] = (byte)(state >> 56);
            state *= 11400714785074694797UL;
        }

        return bytes;
    }
}
