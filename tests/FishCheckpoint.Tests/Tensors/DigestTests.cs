using System.Security.Cryptography;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class DigestTests
{
    // FIPS 180-4's example, "abc".
    private const string Abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Fact]
    public void Of_KnownContent_IsItsSha256() => Assert.Equal(Abc, Digest.Of("abc"u8).ToString());

    [Fact]
    public void Finish_OfParts_EqualsOfWhole()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("a"u8);
        hash.AppendData("bc"u8);

        Assert.Equal(Digest.Of("abc"u8), Digest.Finish(hash));
    }

    [Fact]
    public void Parse_EitherCase_IsTheMirrorOfToString()
    {
        Assert.Equal(Abc, Digest.Parse(Abc).ToString());
        Assert.Equal(Digest.Parse(Abc), Digest.Parse(Abc.ToUpperInvariant()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ba78")]
    [InlineData("zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a ")]
    public void TryParse_NotADigest_IsFalse(string? text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void Parse_NotADigest_ThrowsFormatException() => Assert.Throws<FormatException>(() => Digest.Parse("x"));

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void From_OtherLength_Throws(int length) => Assert.Throws<ArgumentException>(() => Digest.From(new byte[length]));

    [Fact]
    public void Equals_EveryByte_Counts()
    {
        var digest = Digest.Of("abc"u8);
        for (var index = 0; index < Digest.Size; index++)
        {
            var bytes = digest.ToArray();
            bytes[index] ^= 1;
            Assert.True(Digest.From(bytes) != digest);
            bytes[index] ^= 1;
            Assert.True(Digest.From(bytes) == digest && Digest.From(bytes).GetHashCode() == digest.GetHashCode());
        }
    }
}
