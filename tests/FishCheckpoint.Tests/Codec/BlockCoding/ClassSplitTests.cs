using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.BlockCoding;

public sealed class ClassSplitTests
{
    [Fact]
    public void ExtractAndDeposit_WithAndWithoutTheInstruction_AreTheSameAndMirrors() => Properties.ForSeeds(300, random =>
    {
        var (bits, mask) = ((ulong)random.NextInt64() * 2, (ulong)random.NextInt64() * 2 & (ulong)random.NextInt64());
        Assert.Equal(ClassSplit.ExtractPlainly(bits, mask), ClassSplit.Extract(bits, mask));
        Assert.Equal(ClassSplit.DepositPlainly(bits, mask), ClassSplit.Deposit(bits, mask));
        Assert.Equal(bits & mask, ClassSplit.Deposit(ClassSplit.Extract(bits, mask), mask));
    });

    [Fact]
    public void ToClasses_AnyExponents_AreWhatTheOracleSays() => Properties.ForSeeds(100, random =>
    {
        var exponents = new byte[random.Next(1, 200)];
        random.NextBytes(exponents);
        var (first, count) = (random.Next(256), random.Next(1, ClassSplit.MaxClasses + 1));
        var expected = exponents.Select(exponent => (byte)Math.Clamp(exponent - first, 0, count - 1)).ToArray();
        ClassSplit.ToClasses(exponents, first, count);
        Assert.Equal(expected, exponents);
    });

    [Fact]
    public void Of_AClass_IsABitForEachOfItsUnits() => Properties.ForSeeds(100, random =>
    {
        var classes = Enumerable.Range(0, ClassSplit.Word).Select(_ => (byte)random.Next(5)).ToArray();
        var wanted = (byte)random.Next(5);
        var bits = ClassSplit.Of(in classes[0], wanted);
        Assert.All(Enumerable.Range(0, ClassSplit.Word), index => Assert.Equal(classes[index] == wanted, ((bits >> index) & 1) == 1));
    });

    [Fact]
    public void Count_AnyClasses_IsWhatALoopCounts() => Properties.ForSeeds(30, random =>
    {
        var classes = Enumerable.Range(0, 64 * random.Next(1, 400))
            .Select(_ => (byte)(random.Next(9) == 0 ? byte.MaxValue : random.Next(3) * random.Next(8))).ToArray();
        var sizes = new int[ClassSplit.MaxClasses];
        ClassSplit.Count(classes, sizes);
        Assert.Equal(Enumerable.Range(0, sizes.Length).Select(of => classes.Count(found => found == of)), sizes);
    });
}
