using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskFileTests : IDisposable
{
    private static readonly Layout Tensors = new([
        new("a.weight", DType.BF16, [300, 1000]), new("a.bias", DType.F32, [9]), new("odd.indices", DType.F32, [4]),
        new("ids", DType.I64, [3]),
    ]);

    private readonly TemporaryFolder folder = new();

    private string File => folder["mask.safetensors"];

    [Fact]
    public void Write_AnyMask_ComesBack() => Properties.ForSeeds(20, random =>
    {
        var mask = MaskPositions.Draw(Tensors, random);

        MaskFile.Write(File, mask);

        Assert.Equal(mask.Id, MaskFile.Read(File, Tensors).Id);
    });

    [Fact]
    public void Write_TensorPast31Bits_TakesI64()
    {
        var layout = MaskBudgetTests.Layout(("huge", DType.F32, 3_000_000_000), ("last", DType.F32, 1L << 31));
        long[] positions = [5, (1L << 31) - 1, 2_999_999_999];

        MaskFile.Write(File, Mask.Create(layout, [new TensorMask(0, positions), new TensorMask(1, new[] { (1L << 31) - 1 })]));

        using (var file = SafetensorsFile.Open(File))
        {
            Assert.Equal(
                [("huge.indices", DType.I64), ("last.indices", DType.I32)],
                file.Header.Tensors.Select(tensor => (tensor.Info.Name, tensor.Info.Type)));
        }

        Assert.Equal(positions, MaskFile.Read(File, layout).Tensors[0].Positions.ToArray());
    }

    [Theory]
    [InlineData(DType.Bool, new byte[] { 0 }, new byte[] { 1 })]
    [InlineData(DType.U8, new byte[] { 0 }, new byte[] { 0x80 })]
    [InlineData(DType.F16, new byte[] { 0, 0x80 }, new byte[] { 1, 0 })]
    [InlineData(DType.BF16, new byte[] { 0, 0x80 }, new byte[] { 0xC0, 0x7F })]
    [InlineData(DType.F32, new byte[] { 0, 0, 0, 0x80 }, new byte[] { 0, 0, 0x80, 0xBF })]
    public void Read_DenseMask_HoldsWhatIsNotZero(DType type, byte[] zero, byte[] other)
    {
        var (random, size) = (new Random(1), zero.Length);
        long[] expected = [0, .. Properties.Positions(random, 900, 299_998).Select(position => position + 1), 299_999];
        expected = [.. expected.Distinct()];
        var bytes = new byte[300_000 * size];
        for (var position = 0; position < 300_000; position += 3)
        {
            zero.CopyTo(bytes, position * size);
        }

        Array.ForEach(expected, position => other.CopyTo(bytes, (int)position * size));
        Write(("a.weight", type, [300, 1000], bytes), ("odd.indices", type, [4], [.. zero, .. other, .. zero, .. other]));

        var mask = MaskFile.Read(File, Tensors);

        Assert.Equal([0, 2], mask.Tensors.Select(tensor => tensor.Tensor));
        Assert.Equal(expected, mask.Tensors[0].Positions.ToArray());
        Assert.Equal([1L, 3], mask.Tensors[1].Positions.ToArray());
    }

    [Fact]
    public void Read_IndicesOfAnotherTool_AreTakenWithoutIdentities()
    {
        Write(
            ("a.bias.indices", DType.I64, [2], Bytes(0L, 8L)), ("odd.indices.indices", DType.I32, [0], []),
            ("a.weight.indices", DType.I32, [1], Bytes(7)));

        Assert.Equal([(0, 7L), (1, 0L), (1, 8L)], MaskFile.Read(File, Tensors).Flat());
    }

    [Fact]
    public void Read_WhatDoesNotFitTheLayout_IsRefusedByItsCode()
    {
        AssertRefused(ErrorCode.TensorUnknown, ("b.indices", DType.I32, [1], Bytes(0)));
        AssertRefused(ErrorCode.TensorUnknown, ("a.bias.values", DType.I32, [1], Bytes(0)));
        AssertRefused(ErrorCode.DtypeMismatch, ("a.bias.indices", DType.F32, [1], Bytes(0)));
        AssertRefused(ErrorCode.DtypeMismatch, ("a.bias", DType.I32, [9], new byte[36]));
        AssertRefused(ErrorCode.ShapeMismatch, ("a.bias", DType.U8, [8], new byte[8]));
        AssertRefused(ErrorCode.ShapeMismatch, ("a.weight", DType.U8, [1000, 300], new byte[300_000]));
        AssertRefused(ErrorCode.ShapeMismatch, ("a.bias.indices", DType.I32, [1, 2], Bytes(0, 1)));
        AssertRefused(ErrorCode.ShapeMismatch, ("a.bias.indices", DType.I32, [10], Bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 8)));
        AssertRefused(ErrorCode.IndexOutOfRange, ("a.bias.indices", DType.I32, [2], Bytes(0, 9)));
        AssertRefused(ErrorCode.IndexOutOfRange, ("a.bias.indices", DType.I64, [2], Bytes(-1L, 2L)));
        AssertRefused(ErrorCode.IndexUnsorted, ("a.bias.indices", DType.I32, [2], Bytes(3, 1)));
        AssertRefused(ErrorCode.IndexRepeated, ("a.bias.indices", DType.I64, [2], Bytes(3L, 3L)));
        AssertRefused(ErrorCode.PatchInvalid, ("a.bias.indices", DType.I32, [1], Bytes(1)), ("a.bias", DType.U8, [9], new byte[9]));
        Refused.With(ErrorCode.FileNotFound, () => MaskFile.Read(folder["missing"], Tensors));
    }

    [Fact]
    public void Read_FlippedBit_IsFound()
    {
        MaskFile.Write(File, Mask.Create(Tensors, [new TensorMask(0, new[] { 4L, 90, 1000 })]));
        var bytes = System.IO.File.ReadAllBytes(File);
        bytes[^8] ^= 1;
        System.IO.File.WriteAllBytes(File, bytes);

        Refused.With(ErrorCode.DigestMismatch, () => MaskFile.Read(File, Tensors));
    }

    public void Dispose() => folder.Dispose();

    private static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    private void AssertRefused(ErrorCode code, params (string, DType, long[], byte[])[] tensors)
    {
        Write(tensors);
        Refused.With(code, () => MaskFile.Read(File, Tensors));
    }

    private void Write(params (string Name, DType Type, long[] Shape, byte[] Bytes)[] tensors)
    {
        var infos = tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Type, tensor.Shape)).ToArray();
        Headers.Write(File, new MemoryModel(new Layout(infos), [.. tensors.Select(tensor => tensor.Bytes)]));
    }
}
