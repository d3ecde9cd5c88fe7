using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Entropy;

public sealed class SymbolRatesTests
{
    [Fact]
    public void Scale_AnyLevels_GivesEverySymbolAStateAndAllStatesASymbol() => Properties.ForSeeds(500, random =>
    {
        var symbols = random.Next(1, Magnitudes.Symbols + 1);
        var levels = Enumerable.Range(0, random.Next(1, SymbolRates.MaxRates + 1)).Select(_ => (byte)random.Next(64)).ToArray();
        var scaled = new short[symbols];
        for (var log = SymbolRates.LeastLog(symbols); log <= AnsTables.MaxLog; log++)
        {
            SymbolRates.Scale(levels, log, scaled);
            Assert.Equal(1 << log, scaled.Sum(count => count));
            Assert.All(scaled, count => Assert.True(count > 0));
        }
    });

    [Fact]
    public void Read_WhatWasWritten_IsTheMirrorOfWrite() => Properties.ForSeeds(200, random =>
    {
        var counts = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(1000) >> random.Next(11)).Append(1).ToArray();
        var (levels, again) = (new byte[SymbolRates.MaxRates], new byte[SymbolRates.MaxRates]);
        var rates = SymbolRates.Choose(counts, levels, out var bits);
        var bytes = new byte[200];
        var writer = new BitWriter(bytes);
        SymbolRates.Write(ref writer, counts.Length, levels.AsSpan(0, rates));
        var reader = new BitReader(bytes);
        Assert.Equal((counts.Length, rates), SymbolRates.Read(ref reader, again));
        Assert.Equal(levels[..rates], again[..rates]);
        Assert.True(bits > 0);
    });

    [Fact]
    public void Scale_GeometricCounts_ComesWithinTwoPercentOfTheirEntropy()
    {
        var counts = Enumerable.Range(0, 12).Select(symbol => (int)(50_000 * Math.Pow(0.3, symbol))).Where(count => count > 0).ToArray();
        var levels = new byte[SymbolRates.MaxRates];
        var (rates, scaled) = (SymbolRates.Choose(counts, levels, out _), new short[counts.Length]);
        SymbolRates.Scale(levels.AsSpan(0, rates), 10, scaled);
        double total = counts.Sum();
        var entropy = counts.Sum(count => count * Math.Log2(total / count));
        Assert.InRange(counts.Zip(scaled).Sum(pair => pair.First * Math.Log2(1024.0 / pair.Second)), entropy, entropy * 1.02);
        Assert.Equal(1, rates);
    }
}
