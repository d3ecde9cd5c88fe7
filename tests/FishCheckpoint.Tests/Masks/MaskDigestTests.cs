using System.Text;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Masks;

public sealed class MaskDigestTests
{
    private static readonly Digest Layout = Digest.Of("layout"u8);

    [Fact]
    public void Finish_AnyChunks_IsTheDocumentedSha256() => Properties.ForSeeds(50, random =>
    {
        var tensors = Enumerable.Range(0, random.Next(4))
            .Select(_ => Properties.Positions(random, random.Next(1, 5000), 1L << random.Next(1, 50))).ToArray();
        using var digest = new MaskDigest(Layout);
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            for (var start = 0; start < tensors[tensor].Length;)
            {
                var count = Math.Min(random.Next(0, 2000), tensors[tensor].Length - start);
                digest.Add(tensor * 3, tensors[tensor].AsSpan(start, count));
                start += count;
            }
        }

        Assert.Equal(Reference(tensors), digest.Finish());
    });

    [Fact]
    public void Finish_LastPossiblePosition_Fits()
    {
        using var digest = new MaskDigest(Layout);
        digest.Add(0, [0, long.MaxValue - 1]);

        Assert.Equal(Reference([[0, long.MaxValue - 1]]), digest.Finish());
    }

    // docs/reference/format/container.md, "Identities", written down plainly.
    private static Digest Reference(long[][] tensors)
    {
        var bytes = new List<byte>(Encoding.UTF8.GetBytes("fishcheckpoint mask 1\n"));
        bytes.AddRange(Layout.ToArray());
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            Append((ulong)(tensor * 3) + 1);
            var previous = -1L;
            foreach (var position in tensors[tensor])
            {
                Append((ulong)(position - previous));
                previous = position;
            }

            Append(0);
        }

        Append(0);
        return Digest.Of(bytes.ToArray());

        void Append(ulong value)
        {
            for (; value > 0x7F; value >>= 7)
            {
                bytes.Add((byte)((value & 0x7F) | 0x80));
            }

            bytes.Add((byte)value);
        }
    }
}
