using FishCheckpoint.Interchange.Hashing;
using Xunit;

namespace FishCheckpoint.Tests.Interchange;

/// <summary>Checksums against numbers that their authors have published (xxHash's sanity check; BLAKE3's test vectors; RFC 1950), and cut anywhere.</summary>
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
    public void Xxh3_PublishedInput_HasThePublishedHash(int length, string expected) => Assert.Equal(expected, Whole(Checksums.Xxh3, Generated(length)));

    [Theory]
    [InlineData(0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData(1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213")]
    [InlineData(2, "7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63")]
    [InlineData(3, "e1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f")]
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
