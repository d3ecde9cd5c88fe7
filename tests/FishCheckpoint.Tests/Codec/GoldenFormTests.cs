using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>
/// Blocks, gaps, distances and predictions that version 1 wrote stay readable. An encoder may change what it writes; a decoder must read
/// the same.
/// </summary>
public sealed class GoldenFormTests
{
    private static readonly Layout Layout = new(
        [new TensorInfo("wide", DType.F32, [40, 50]), new TensorInfo("narrow", DType.BF16, [3000]),
            new TensorInfo("count", DType.I64, [100])]);

    private readonly MemoryModel parent = Parent();

    public static TheoryData<string> Efforts => ["fast", "small"];

    [Theory]
    [MemberData(nameof(Efforts))]
    public void Decode_GoldenBlocks_AreTheDelta(string effort)
    {
        using var decoder = new BlocksDecoder(GoldenFrameTests.Golden($"blocks.{effort}"), Layout, parent);
        AssertIsDelta(decoder, 1);
    }

    [Theory]
    [MemberData(nameof(Efforts))]
    public void Decode_GoldenGapsAndDistances_AreTheDelta(string effort)
    {
        using var decoder = new DeltaDecoder(GoldenFrameTests.Golden($"mask.{effort}"),
            GoldenFrameTests.Golden($"values-distance.{effort}"), Layout, parent);
        AssertIsDelta(decoder, 1);
    }

    [Theory]
    [MemberData(nameof(Efforts))]
    public void Decode_GoldenPredictions_AreTheDelta(string effort)
    {
        IFrame[] frames = [.. Enumerable.Range(1, 3).Select(step => GoldenFrameTests.Golden($"values-row-{step}.{effort}"))];
        using var decoder = new DeltaDecoder(GoldenFrameTests.Golden($"mask.{effort}"), frames, Layout, null);
        AssertIsDelta(decoder, 3);
    }

    [Theory]
    [MemberData(nameof(Efforts))]
    public void Encode_TheSame_ComesBackAndTakesNoMoreThanTheGoldenFiles(string effort)
    {
        foreach (var (name, bytes) in Encode(effort))
        {
            Assert.InRange(bytes.Length, 1, GoldenFrameTests.Golden(name).ToArray().Length + 8);
        }
    }

    internal static MemoryModel Parent() => new(Layout, [Wide(0), Narrow(0), Counts(0)]);

    private static Delta DeltaAt(int step)
    {
        var mask = Mask.Create(Layout,
        [
            new TensorMask(0, Enumerable.Range(0, 300).Select(index => (index * 6L) + (index % 5)).ToArray()),
            new TensorMask(1, Enumerable.Range(0, 700).Select(index => (index * 4L) + (index % 3)).ToArray()),
            new TensorMask(2, new long[] { 0, 50, 99 }),
        ]);
        byte[][] tensors = [Wide(step), Narrow(step), Counts(step)];
        return MaskedState.Gather(mask, tensor => tensors[tensor]);
    }

    private static void AssertIsDelta(IDeltaReader read, int step) => Assert.Equal(
        MemoryModel.Flatten(DeltaAt(step).OpenReader())
            .Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))),
        MemoryModel.Flatten(read).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))));

    private Dictionary<string, byte[]> Encode(string effort)
    {
        using var folder = new TemporaryFolder();
        var options = new CodecOptions { Effort = Enum.Parse<CodecEffort>(effort, ignoreCase: true) };
        using var blocks = BlocksEncoder.TryEncode(DeltaAt(1).OpenReader(), parent, default, options, folder.Path)!;
        using var masked =
            DeltaEncoder.Encode(DeltaAt(1).OpenReader(), parent, default, options, folder.Path, TestContext.Current.CancellationToken);
        var files = new Dictionary<string, byte[]>
        {
            [$"blocks.{effort}"] = MemoryFrame.Of(blocks.Values).ToArray(),
            [$"mask.{effort}"] = MemoryFrame.Of(masked.Mask!).ToArray(),
            [$"values-distance.{effort}"] = MemoryFrame.Of(masked.Values).ToArray(),
        };
        for (var step = 1; step <= 3; step++)
        {
            var earlier = step == 1 ? null
                : new EarlierValues(ValuesAt(step - 1), step == 2 ? default(ReadOnlyMemory<byte>?) : ValuesAt(step - 2));
            using var row = DeltaEncoder.EncodeOn(
                masked.Mask!, DeltaAt(step).OpenReader(), null, default, options, folder.Path, earlier,
                TestContext.Current.CancellationToken);
            files.Add($"values-row-{step}.{effort}", MemoryFrame.Of(row.Values).ToArray());
        }

        return files;
    }

    private static byte[] ValuesAt(int step) => [.. DeltaAt(step).Values.SelectMany(values => values.ToArray())];

    // Not random, so that no library's generator is part of the format: values of many exponents that move a little each step.
    private static byte[] Wide(int step) => Fill(2000, 4, (index, bytes) =>
        BinaryPrimitives.WriteSingleLittleEndian(bytes,
            ((index % 37) - 18) * (1 + (index % 11)) * 0.00137f * (1 + (step * (index % 7) * 0.0001f))));

    private static byte[] Narrow(int step) => Fill(3000, 2, (index, bytes) =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes,
            (ushort)(0x3C00 + (index * 13 % 900) + (index % 2 * 0x8000) + (step * ((index % 9) - 4) / 3))));

    private static byte[] Counts(int step) =>
        Fill(100, 8, (index, bytes) => BinaryPrimitives.WriteInt64LittleEndian(bytes, (index * 1_000_003L) + (step * (long)index)));

    private static byte[] Fill(int count, int unit, Action<int, byte[]> write)
    {
        var (all, one) = (new byte[count * unit], new byte[unit]);
        for (var index = 0; index < count; index++)
        {
            write(index, one);
            one.CopyTo(all, index * unit);
        }

        return all;
    }
}
