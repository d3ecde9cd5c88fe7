using System.Text;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>
/// Files that version 1 wrote stay readable. What is stored uncompressed is also written byte for byte the same; compressed bytes may differ
/// between versions of the compressing libraries.
/// </summary>
public sealed class GoldenFrameTests : IDisposable
{
    private static readonly Digest ParentState = Digest.Of("parent"u8);

    internal static readonly byte[] Plain = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20).Select(step => $"{{\"step\":{step}}}")));

    private readonly TemporaryFolder folder = new();
    private readonly MemoryModel parent = Parent();

    private readonly Delta delta;

    public GoldenFrameTests()
    {
        var mask = Mask.Create(parent.Layout,
        [
            new TensorMask(0, new long[] { 0, 1, 7, 39 }), new TensorMask(2, new long[] { 2 }),
            new TensorMask(3, Enumerable.Range(0, 150).Select(index => 4L * index).ToArray()),
        ]);
        delta = MaskedState.Gather(mask, tensor => Array.ConvertAll(parent.Tensors[tensor], value => (byte)(value ^ 0x81)));
    }

    public static TheoryData<string> Compressions => [.. Enum.GetNames<Compression>()];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Decode_GoldenDelta_IsTheDelta(string name)
    {
        var expected = MemoryModel.Flatten(delta.OpenReader()).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value)));
        foreach (var map in new[] { "plain", "xor" })
        {
            using var decoder = new DeltaDecoder(Golden($"mask.{name}"), Golden($"values-{map}.{name}"), parent.Layout, map == "xor" ? parent : null);
            Assert.Equal(expected, MemoryModel.Flatten(decoder).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))));
        }
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Open_GoldenBytes_AreTheBytes(string name)
    {
        var read = new MemoryStream();
        BytesCoder.Open(Golden($"bytes.{name}"), null).CopyTo(read);

        Assert.Equal(Plain, read.ToArray());
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Golden_Files_HoldTheCompressionTheyAreNamedFor(string name)
    {
        var compression = (byte)Enum.Parse<Compression>(name);

        Assert.Equal(compression, Golden($"bytes.{name}").Bytes[0]);
        Assert.Contains(compression, Golden($"mask.{name}").Bytes);
        Assert.Equal((byte)ValueMap.Xor, Golden($"values-xor.{name}").Bytes[0]);
        Assert.Equal((byte)ValueMap.Plain, Golden($"values-plain.{name}").Bytes[0]);

        // The last chunk's one plane: 150 repeating values.
        Assert.Equal(compression, LastRun(Golden($"values-xor.{name}")));
        Assert.Equal(compression, LastRun(Golden($"values-plain.{name}")));
    }

    [Fact]
    public async Task Encode_Stored_IsTheGoldenFile()
    {
        foreach (var (file, bytes) in await Encode(Compression.Stored))
        {
            Assert.True(Golden(file).ToArray().AsSpan().SequenceEqual(bytes), file);
        }
    }

    internal static MemoryModel Parent() => new(
        new Layout(
        [
            new TensorInfo("embed.weight", DType.F32, [5, 8]), new TensorInfo("ünused", DType.I64, [0]), new TensorInfo("head", DType.BF16, [3]),
            new TensorInfo("mask", DType.U8, [600]),
        ]),
        [Bytes(160, 1), [], Bytes(6, 2), Bytes(600, 3)]);

    private byte LastRun(MemoryFrame values)
    {
        var head = FrameHead.Parse(values.Head);
        var mask = Golden("mask.Stored");
        var maskHead = FrameHead.Parse(mask.Head);
        var last = ChunkIndex.ReadValues(values, head, maskHead, ChunkIndex.ReadMask(mask, maskHead, parent.Layout))[^1];
        return values.Bytes[last.Offset + 1];
    }

    internal static MemoryFrame Golden(string name) => MemoryFrame.Of(
        Convert.FromHexString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", $"{name.ToLowerInvariant()}.v1.hex")).ReplaceLineEndings("")));

    internal async Task<Dictionary<string, byte[]>> Encode(Compression compression)
    {
        var options = new CodecOptions(compression, compression) { Effort = CodecEffort.Runs };
        using var plain = DeltaEncoder.Encode(delta.OpenReader(), null, default, options, folder.Path, TestContext.Current.CancellationToken);
        using var xor = DeltaEncoder.Encode(delta.OpenReader(), parent, ParentState, options, folder.Path, TestContext.Current.CancellationToken);
        using var writer = new FrameWriter(FrameKind.Bytes, folder.Path);
        var bytes = await BytesCoder.EncodeAsync(new MemoryStream(Plain), options, writer, long.MaxValue, TestContext.Current.CancellationToken);
        return new Dictionary<string, IFrame>
        {
            [$"mask.{compression}"] = plain.Mask!, [$"values-plain.{compression}"] = plain.Values,
            [$"values-xor.{compression}"] = xor.Values, [$"bytes.{compression}"] = bytes,
        }.ToDictionary(pair => pair.Key, pair => MemoryFrame.Of(pair.Value).ToArray());
    }

    // Not random, so that no library's generator is part of the format.
    private static byte[] Bytes(int length, int seed) => [.. Enumerable.Range(0, length).Select(index => (byte)((index % 16 * 7) + (seed * 31)))];
}
