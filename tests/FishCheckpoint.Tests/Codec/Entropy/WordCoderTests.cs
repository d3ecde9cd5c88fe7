using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Entropy;

public sealed class WordCoderTests
{
    [Fact]
    public void Read_AnyBitsAndRates_IsTheMirrorOfEncode() => Properties.ForSeeds(150, random =>
    {
        var parts = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Draw(random)).ToArray();
        var encoded = Encode(parts);
        var reader = new BitReader(encoded);
        var states = ((uint)reader.Read(WordCoder.Log), (uint)reader.Read(WordCoder.Log));
        foreach (var (bits, rate, inverted) in parts)
        {
            var target = new byte[(bits.Length / 8) + 9];
            Assert.Equal(bits.Count(bit => bit != inverted), WordCoder.Read(ref reader, rate, ref states, bits.Length, target));
            Assert.Equal(Pack(bits.Select(bit => bit != inverted)), target);
        }

        Assert.False(reader.Overrun);
        Assert.Equal(encoded.Length, reader.Length);
    });

    [Theory]
    [InlineData(0.06)]
    [InlineData(0.12)]
    [InlineData(0.25)]
    [InlineData(0.4)]
    [InlineData(0.5)]
    public void Encode_EvenBits_ComeWithinTwoThousandthsOfTheEntropy(double density)
    {
        var random = new Random(11);
        var bits = Enumerable.Range(0, 400_000).Select(_ => random.NextDouble() < density).ToArray();
        var p = bits.Count(bit => bit) / (double)bits.Length;
        var entropy = bits.Length * -((p * Math.Log2(p)) + ((1 - p) * Math.Log2(1 - p))) / 8;
        var inverted = p > 0.5;
        var length = Encode([(bits, WordCoder.RateFor((int)(Math.Min(p, 1 - p) * bits.Length), bits.Length), inverted)]).Length;
        Assert.InRange(length, entropy * 0.999, (entropy * 1.002) + 8);
    }

    [Fact]
    public void RateFor_MoreSet_IsNoLaterRate()
    {
        var rates = Enumerable.Range(0, 5001).Select(set => WordCoder.RateFor(set, 10_000)).ToArray();
        Assert.Equal(0, rates[^1]);
        Assert.True(rates[0] >= WordCoder.Count);
        Assert.Equal(rates.OrderDescending(), rates);
    }

    [Fact]
    public void Read_BytesThatEnd_SaysSo() => Properties.ForSeeds(50, random =>
    {
        var bytes = new byte[random.Next(0, 20)];
        random.NextBytes(bytes);
        var reader = new BitReader(bytes);
        var (states, target) = (((uint)random.Next(1 << WordCoder.Log), (uint)random.Next(1 << WordCoder.Log)), new byte[1009]);
        Assert.InRange(WordCoder.Read(ref reader, random.Next(3), ref states, 8000, target), 0, 8000);
        Assert.True(reader.Overrun);
        Assert.All(target[1000..], rest => Assert.Equal(0, rest));
    });

    private static (bool[] Bits, int Rate, bool Inverted) Draw(Random random)
    {
        var density = random.NextDouble();
        var bits = Enumerable.Range(0, random.Next(1, 3000)).Select(_ => random.NextDouble() < density).ToArray();
        var set = bits.Count(bit => bit);
        var suiting = WordCoder.RateFor(Math.Min(set, bits.Length - set), bits.Length);
        return (bits, suiting < WordCoder.Count && random.Next(3) > 0 ? suiting : random.Next(WordCoder.Count), 2 * set > bits.Length);
    }

    private static byte[] Encode((bool[] Bits, int Rate, bool Inverted)[] parts)
    {
        var bytes = new byte[150_000];
        var writer = new BitWriter(bytes);
        var states = (1U << WordCoder.Log, 1U << WordCoder.Log);
        var coded = new List<(byte[] Bytes, int Start)>();
        foreach (var (bits, rate, inverted) in parts.Reverse())
        {
            var room = new byte[150_000];
            var backwards = new BackwardBitWriter(room);
            WordCoder.Encode(Pack(bits), bits.Length, inverted, rate, ref states, ref backwards);
            coded.Insert(0, (room, backwards.Start));
        }

        writer.Write(states.Item1 - (1U << WordCoder.Log), WordCoder.Log);
        writer.Write(states.Item2 - (1U << WordCoder.Log), WordCoder.Log);
        foreach (var (part, start) in coded)
        {
            BackwardBitWriter.Append(ref writer, part, start);
        }

        return bytes[..writer.Length];
    }

    private static byte[] Pack(IEnumerable<bool> bits)
    {
        var all = bits.ToArray();
        var packed = new byte[(all.Length / 8) + 9];
        for (var index = 0; index < all.Length; index++)
        {
            packed[index >> 3] |= (byte)(all[index] ? 1 << (index & 7) : 0);
        }

        return packed;
    }
}
