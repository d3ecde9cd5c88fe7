using System.Runtime.InteropServices;
using FishCheckpoint.Codec;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Prefix;

/// <summary>Distances that version 1 wrote as prefix codes stay readable. What is written may change, for an encoder may choose
/// better.</summary>
public sealed class GoldenPrefixesTests
{
    [Fact]
    public void DecodeValues_GoldenBytes_AreTheDistances()
    {
        var (coder, golden, expected) = (new ChunkCoder(), Golden(), Distances());
        Assert.Equal([(byte)ValueMap.Distance, 2], golden[..2]);
        var again = new byte[expected.Length];
        Assert.Equal(ValueMap.Distance, coder.DecodeValues(golden, sizeof(uint), again));
        Assert.Equal(expected, again);

        var encoded = new byte[ChunkCoder.MaxEncoded];
        var length = coder.EncodeValues(ValueMap.Distance, expected, sizeof(uint), new CodecOptions { Effort = CodecEffort.Fast }, encoded);
        Assert.InRange(length, 1, golden.Length + 8);
    }

    // Not random, so that no library's generator is part of the format: small numbers, and every 64th one of any length.
    internal static byte[] Distances() => MemoryMarshal.AsBytes<uint>(Enumerable.Range(0, PrefixCoder.MinCount)
        .Select(index => index % 64 == 63 ? Hash(index) >> (index / 64 % 32) : (Hash(index) >> 9) % (1u << (index % 7))).ToArray())
            .ToArray();

    private static uint Hash(int index)
    {
        var mixed = ((uint)index + 1) * 2654435761;
        mixed = (mixed ^ (mixed >> 15)) * 2246822519;
        return mixed ^ (mixed >> 13);
    }

    private static byte[] Golden() => Convert.FromHexString(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", "values-prefixes.fast.v1.hex")).ReplaceLineEndings(""));
}
