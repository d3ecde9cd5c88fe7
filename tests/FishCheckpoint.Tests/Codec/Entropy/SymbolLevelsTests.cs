using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Entropy;

public sealed class SymbolLevelsTests
{
    [Fact]
    public void TryRead_AnyCounts_IsTheMirrorOfWrite() => Properties.ForSeeds(400, random =>
    {
        var counts = Enumerable.Range(0, random.Next(1, Magnitudes.Symbols)).Select(_ => random.Next(100_000) >> random.Next(20))
            .Append(random.Next(1, 100)).ToArray();
        var (scaled, again) = (new short[counts.Length], new short[counts.Length]);
        for (var log = SymbolCounts.LeastLog(counts); log <= AnsTables.MaxLog; log++)
        {
            SymbolLevels.Scale(counts, log, scaled);
            Assert.Equal(1 << log, scaled.Sum(states => states));
            Assert.Equal(counts.Select(count => count > 0), scaled.Select(states => states > 0));

            var bytes = new byte[1000];
            var writer = new BitWriter(bytes);
            SymbolLevels.Write(ref writer, scaled, log);
            var reader = new BitReader(bytes.AsSpan(0, writer.Length));
            Assert.True(SymbolLevels.TryRead(ref reader, again, log));
            Assert.Equal(scaled, again);
            Assert.Equal(writer.Length, reader.Length);
        }
    });

    [Fact]
    public void TryRead_AnyBytes_GivesStatesThatAddUpOrRefuses() => Properties.ForSeeds(2000, random =>
    {
        var (bytes, scaled, log) =
            (new byte[random.Next(0, 60)], new short[Magnitudes.Symbols], random.Next(AnsTables.MinLog, AnsTables.MaxLog + 1));
        random.NextBytes(bytes);
        var reader = new BitReader(bytes);
        if (SymbolLevels.TryRead(ref reader, scaled, log))
        {
            Assert.Equal(1 << log, scaled.Sum(states => states));
            Assert.All(scaled, states => Assert.InRange(states, 0, 1 << log));
        }
    });

    // Where all of them happen to be rounded the same way, the most frequent one pays for it: who writes a table compares it with one by
    // counts.
    [Fact]
    public void Scale_CountsOfEveryKind_MostlyTakeHardlyMoreThanTheirEntropy()
    {
        var random = new Random(7);
        var excesses = Enumerable.Range(0, 501).Select(_ =>
        {
            var counts = Enumerable.Range(0, 30).Select(_ => 20_000 >> random.Next(8)).ToArray();
            var scaled = new short[counts.Length];
            SymbolLevels.Scale(counts, AnsTables.MaxLog, scaled);
            double total = counts.Sum();
            var entropy = counts.Sum(count => count * Math.Log2(total / count));
            return counts.Zip(scaled).Sum(pair => pair.First * Math.Log2((1 << AnsTables.MaxLog) / (double)pair.Second)) / entropy;
        }).Order().ToArray();
        Assert.InRange(excesses[250], 1, 1.012);
        Assert.InRange(excesses[^1], 1, 1.4);
    }
}
