using System.Buffers.Binary;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Reports;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Reports;

public sealed class ChangeMeterTests
{
    // A value, its bits, and what they are.
    public static TheoryData<DType, ulong, double> Values => new()
    {
        { DType.F32, 0x3FC00000, 1.5 }, { DType.F64, 0xC004000000000000, -2.5 }, { DType.F16, 0x3E00, 1.5 },
            { DType.F16, 0x0001, 5.9604644775390625e-08 },
        { DType.BF16, 0xC020, -2.5 }, { DType.BF16, 0x3F80, 1 }, { DType.I8, 0x80, -128 }, { DType.U8, 0x80, 128 }, { DType.Bool, 1, 1 },
            { DType.I16, 0xFFFF, -1 },
        { DType.U16, 0xFFFF, 65535 }, { DType.I32, 0xFFFFFFFE, -2 }, { DType.U32, 0xFFFFFFFE, 4294967294 },
            { DType.I64, 0xFFFFFFFFFFFFFFFD, -3 },
        { DType.U64, 0x8000000000000000, 9223372036854775808 },
        { DType.F8E5M2, 0x7B, 57344 }, { DType.F8E5M2, 0x01, 0.0000152587890625 }, { DType.F8E5M2, 0xC1, -2.5 },
        { DType.F8E4M3, 0x7E, 448 }, { DType.F8E4M3, 0x01, 0.001953125 }, { DType.F8E4M3, 0xC2, -2.5 },
        { DType.F8E4M3Fnuz, 0x7F, 240 }, { DType.F8E4M3Fnuz, 0x01, 0.0009765625 }, { DType.F8E5M2Fnuz, 0x7F, 57344 },
            { DType.F8E5M2Fnuz, 0x01, 0.00000762939453125 },
        { DType.F8E8M0, 127, 1 }, { DType.F8E8M0, 130, 8 },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Magnitude_OfOneValue_IsItsDistanceFromZero(DType type, ulong bits, double value)
    {
        // The bits of zero are zero, but for the dtype that has none: its least is 2 to the -127.
        var zero = type == DType.F8E8M0 ? Math.ScaleB(1, -127) : 0;
        var change = Measure(type, [0], [bits]).Tensors.Single();
        Assert.Equal((1L, 1.0), (change.Changed, change.Density));
        Assert.Equal(Math.Abs(value - zero), change.Magnitude!.Max, value * 1e-12 is var near && near > 0 ? near : 1e-300);
        Assert.Equal(change.Magnitude.Max, change.Magnitude.Mean);
        Assert.Equal(change.Magnitude.Max, change.Magnitude.L2, Math.Abs(value) * 1e-12);
    }

    [Fact]
    public void Magnitude_OfSeveral_IsWhatTheFormulasSay()
    {
        // 3 of 4 values move: by 3, -4 and 12; the old values where they moved are 1, 2 and 2.
        var change = Measure(DType.F32, [Bits(1), Bits(2), Bits(2), Bits(7)], [Bits(4), Bits(-2), Bits(14), Bits(7)]);
        var expected = new ChangeMagnitude(13, 6.5, 19.0 / 3, 12, 13.0 / 3, 0);
        Assert.Equal(expected, change.Tensors.Single().Magnitude);
        Assert.Equal(expected, change.Magnitude);
        Assert.Equal((3L, 4L, 0.75), (change.Changed, change.Elements, change.Density));
    }

    [Fact]
    public void Magnitude_LeavesOutWhatIsNotFinite_AndCountsIt()
    {
        var change = Measure(
            DType.F32, [Bits(float.NaN), Bits(1), Bits(2), Bits(0)], [Bits(1), Bits(float.PositiveInfinity), Bits(3), 0x80000000]);
        Assert.Equal((4L, 2L, 1.0, 0.5), (change.Changed, change.Magnitude.NotFinite, change.Magnitude.Max, change.Magnitude.Mean));
    }

    [Fact]
    public void Packed_HasDensityAlone_AndComplexIsTwoNumbers()
    {
        var packed = Measure(DType.F4, [0, 0], [0, 5]).Tensors.Single();
        Assert.Equal((1L, 0.5, null), (packed.Changed, packed.Density, packed.Magnitude));
        var complex = Measure(DType.C64, [0], [Bits(3) | (Bits(4) << 32)]).Tensors.Single();
        Assert.Equal((1L, 5.0, 4.0), (complex.Changed, complex.Magnitude!.L2, complex.Magnitude.Max));
    }

    [Fact]
    public void AnyTwoStates_AreCountedAsTheyDiffer() => Properties.ForSeeds(20, random =>
    {
        var types = DTypes.All.ToArray();
        var tensors = Enumerable.Range(0, 4)
            .Select(index => new TensorInfo($"t{index}", types[random.Next(types.Length)], [random.Next(40_000) * 4])).ToArray();
        var from = MemoryModel.Random(random, tensors);
        var to = from.Changed(random, random.NextDouble());
        var report = Measure(from, to);
        var expected = MemoryModel.Flatten(new StateDiff(from, to)).GroupBy(change => change.Tensor)
            .ToDictionary(group => group.Key, group => group.LongCount());
        Assert.Equal(
            Enumerable.Range(0, 4).Select(tensor => expected.GetValueOrDefault(tensor)), report.Tensors.Select(tensor => tensor.Changed));
        Assert.Equal(expected.Values.Sum(), report.Changed);
    });

    [Fact]
    public void ManyTensors_AreSummarizedByThoseThatChangedMost()
    {
        var tensors = Enumerable.Range(0, ChangeReport.MaxTensors + 5)
            .Select(index => new TensorInfo($"t{index}", DType.U8, [2])).ToArray();
        var from = MemoryModel.Random(new Random(1), tensors);
        var to = from.Copy();
        to.Tensors[^1][0] ^= 1;
        to.Tensors[^2][0] ^= 1;
        var report = Measure(from, to);
        Assert.Equal((ChangeReport.MaxTensors + 5, ChangeReport.MaxTensors), (report.TensorCount, report.Tensors.Count));
        Assert.Equal([1L, 1L], report.Tensors.TakeLast(2).Select(tensor => tensor.Changed));
        Assert.Equal("t0", report.Tensors[0].Name);
    }

    [Fact]
    public void OneSidedReader_IsRefused()
    {
        var layout = new Layout([new TensorInfo("a", DType.U8, [4])]);
        var mask = FishCheckpoint.Masks.Mask.Create(layout, [new FishCheckpoint.Masks.TensorMask(0, new long[] { 1 })]);
        var delta = new Delta(mask, [new byte[] { 7 }]);
        Assert.Throws<ArgumentException>(() => new ChangeMeter(layout).ReadAll(delta.OpenReader(), CancellationToken.None));
    }

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static ChangeReport Measure(DType type, ulong[] before, ulong[] after)
    {
        var width = DTypes.UnitSizeOf(type);
        var tensor = new TensorInfo("t", type, [before.Length * width * 8 / DTypes.BitsOf(type)]);
        return Measure(Model(tensor, before, width), Model(tensor, after, width));
    }

    private static ChangeReport Measure(MemoryModel from, MemoryModel to)
    {
        var meter = new ChangeMeter(from.Layout);
        meter.ReadAll(new StateDiff(from, to), TestContext.Current.CancellationToken);
        return meter.Report("task", "base", 1);
    }

    private static MemoryModel Model(TensorInfo tensor, ulong[] units, int width)
    {
        var bytes = new byte[units.Length * width];
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        for (var index = 0; index < units.Length; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(whole, units[index]);
            whole[..width].CopyTo(bytes.AsSpan(index * width));
        }

        return new MemoryModel(new Layout([tensor]), [bytes]);
    }
}
