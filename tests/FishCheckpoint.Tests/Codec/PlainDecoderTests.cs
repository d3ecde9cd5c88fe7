using System.Runtime.InteropServices;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Codec.Dense;
using FishCheckpoint.Tests.Codec.Prefix;
using FishCheckpoint.Tests.Support;
using PlainFormat;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>
/// A second decoder, written from docs/reference/format alone, reads every golden file and whatever the encoders write, to the same bits.
/// </summary>
public sealed class PlainDecoderTests : IDisposable
{
    private const string GoldenEnd = ".v1.hex";

    // As many as there are masks times steps.
    private const int Styles = 35;

    // Forms that an encoder chooses: of a mask's chunks, of values (map, and the form of distances), of a block's positions and values.
    private static readonly string[] Forms =
    [
        "mask 0", "mask 1", "mask 2", "mask 3", "mask 4", "mask 5", "mask 6", "values 0", "values 1", "values 2 0", "values 2 1",
        "values 2 2", "values 3 0", "values 3 1", "values 3 2", "block positions 0", "block positions 2", "block positions 3",
        "block positions 4", "block positions 5", "block values 0", "block values 1", "block values 2", "block values 3", "block values 4",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly SortedSet<string> seen = new(StringComparer.Ordinal);

    public static TheoryData<string> GoldenFiles => [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden"))
        .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(GoldenFiles))]
    public void Read_GoldenFile_IsWhatTheProductReads(string file)
    {
        Assert.EndsWith(GoldenEnd, file, StringComparison.Ordinal);
        var name = file[..^GoldenEnd.Length];
        var (kind, form) = (name.Split('.')[0], name.Split('.')[1]);
        switch (kind)
        {
            case "bytes":
                Assert.Equal(GoldenFrameTests.Plain, PlainFrame.Read(new PlainBytes(Bytes(name)), []).ReadPlain());
                break;
            case "dense":
                AssertAreUnits(name);
                break;
            case "values-prefixes":
                AssertAreDistances(name);
                break;
            case "blocks" or "blocks-rows" or "blocks-words":
                AssertAreBlocks(name, kind switch
                {
                    "blocks" => GoldenFormTests.Parent(), "blocks-rows" => GoldenRowsTests.Parent(), _ => GoldenWordsTests.Parent(),
                });
                break;
            case "mask" or "values-plain" or "values-xor" when form is not ("fast" or "small"):
                AssertIsMasked($"mask.{form}", [kind == "mask" ? $"values-plain.{form}" : name], GoldenFrameTests.Parent());
                break;
            case "mask" or "values-distance":
                AssertIsMasked($"mask.{form}", [$"values-distance.{form}"], GoldenFormTests.Parent());
                break;
            case "values-row-1" or "values-row-2" or "values-row-3":
                AssertIsMasked($"mask.{form}", [.. Enumerable.Range(1, kind[^1] - '0').Select(step => $"values-row-{step}.{form}")], null);
                break;
            case "mask-rows" or "values-rows":
                AssertIsMasked("mask-rows.small", ["values-rows.small"], GoldenRowsTests.Parent());
                break;
            default:
                Assert.Fail($"No case says how to read {file}.");
                break;
        }
    }

    [Fact]
    public void Read_WhatIsEncodedInEachForm_IsTheDelta()
    {
        for (var seed = 0; seed < Styles; seed++)
        {
            AssertReads(new Random(seed), seed);
        }

        Assert.Equal(Forms.Order(StringComparer.Ordinal), seen);
    }

    [Fact]
    public void Read_WhatIsEncoded_IsTheDelta() => Properties.ForSeeds(5, random => AssertReads(random, random.Next(Styles)));

    [Fact]
    public void Read_UnitsOfAnySort_AreTheUnits() => Properties.ForSeeds(2, random =>
    {
        foreach (var type in DTypes.All)
        {
            foreach (var units in Drawn.All(type, 1 + random.Next(1500), random))
            {
                var (encoded, tensor) = (new byte[units.Length + DenseCoder.Overhead], new PlainTensor("units", DTypes.NameOf(type), []));
                var source = new PlainBytes(encoded[..new DenseCoder().Encode(type, units, encoded)]);
                Assert.Equal(Split(units, tensor.Unit), PlainUnits.Read(source, tensor, units.Length / tensor.Unit));
                Assert.Equal(0, source.Left);
            }
        }
    });

    [Fact]
    public void Sources_OfThePlainDecoder_NameNothingOfTheProduct() => Assert.All(
        Repository.Files("*.cs", "tests/FishCheckpoint.Tests/Codec/Plain"),
        file => Assert.DoesNotContain("FishCheckpoint", Repository.Read(file), StringComparison.Ordinal));

    private static byte[] Bytes(string name) => GoldenFrameTests.Golden(name).ToArray();

    private static PlainTensor[] Plain(Layout layout) =>
        [.. layout.Tensors.Select(tensor => new PlainTensor(tensor.Name, DTypes.NameOf(tensor.Type), [.. tensor.Shape]))];

    private static ulong[] Split(byte[] units, int unit)
    {
        var source = new PlainBytes(units);
        return [.. Enumerable.Range(0, units.Length / unit).Select(_ => source.Number(unit))];
    }

    private static void AssertAreUnits(string name)
    {
        var source = new PlainBytes(Convert.FromHexString(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", name + GoldenEnd)).ReplaceLineEndings("")));
        var type = name switch { "dense.weights" => "BF16", "dense.counts" => "I32", _ => "F16" };
        var expected = GoldenDenseTests.UnitsOf(name);
        var tensor = new PlainTensor("units", type, []);
        Assert.Equal(Split(expected, tensor.Unit), PlainUnits.Read(source, tensor, expected.Length / tensor.Unit));
        Assert.Equal(0, source.Left);
    }

    // A chunk of distances: from zeros, an unsigned value is the distance.
    private static void AssertAreDistances(string name)
    {
        var chunk = Convert.FromHexString(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", name + GoldenEnd)).ReplaceLineEndings(""));
        var expected = MemoryMarshal.Cast<byte, uint>(GoldenPrefixesTests.Distances()).ToArray();
        var read = PlainValues.Read(chunk, new PlainTensor("values", "U32", []), expected.Length, new ulong[expected.Length], []);
        Assert.Equal(expected.Select(zigzag => (ulong)(uint)PlainNumbers.Unzigzag(zigzag)), read);
    }

    private static void AssertAreBlocks(string name, MemoryModel parent)
    {
        using var decoder = new BlocksDecoder(GoldenFrameTests.Golden(name), parent.Layout, parent);
        AssertSame(decoder, PlainDelta.ReadBlocks(Plain(parent.Layout), Bytes(name), parent.Tensors));
    }

    private static void AssertIsMasked(string mask, string[] values, MemoryModel? parent)
    {
        var layout = (parent ?? GoldenFormTests.Parent()).Layout;
        using var decoder = new DeltaDecoder(GoldenFrameTests.Golden(mask), [.. values.Select(GoldenFrameTests.Golden)], layout, parent);
        AssertSame(decoder, PlainDelta.ReadMasked(Plain(layout), Bytes(mask), [.. values.Select(Bytes)], parent?.Tensors));
    }

    private static void AssertSame(IDeltaReader expected, PlainDelta read)
    {
        var all = MemoryModel.Flatten(expected);
        for (var tensor = 0; tensor < read.Positions.Length; tensor++)
        {
            var of = all.Where(change => change.Tensor == tensor).ToList();
            Assert.Equal(of.Select(change => change.Position), read.Positions[tensor]);
            Assert.Equal(of.Select(change => new PlainBytes(change.Value).Number(change.Value.Length)), read.Values[tensor]);
        }
    }

    // A model that changes three times, at each effort: blocks, values with and without their parent, and a chain of predictions.
    private void AssertReads(Random random, int style)
    {
        var parent = DrawnModels.Draw(random, style);
        var mask = DrawnModels.Choose(random, parent, style);
        var first = DrawnModels.Move(random, parent, mask, style);
        var second = DrawnModels.Move(random, first, mask, style);
        MemoryModel[] steps = [first, second, DrawnModels.Move(random, second, mask, style)];
        Delta[] deltas = [.. steps.Select(step => MaskedState.Gather(mask, tensor => step.Tensors[tensor]))];
        foreach (var effort in (CodecEffort[])[CodecEffort.Runs, CodecEffort.Fast, CodecEffort.Small])
        {
            var compression = (Compression)(style % 4);
            AssertReads(parent, deltas, new CodecOptions(compression, compression) { Effort = effort });
        }
    }

    private void AssertReads(MemoryModel parent, Delta[] deltas, CodecOptions options)
    {
        var (layout, stop) = (Plain(parent.Layout), TestContext.Current.CancellationToken);
        using var blocks = BlocksEncoder.TryEncode(deltas[0].OpenReader(), parent, default, options, folder.Path, cancellation: stop)!;
        AssertSame(deltas[0], PlainDelta.ReadBlocks(layout, Bytes(blocks.Values), parent.Tensors));

        using var against = DeltaEncoder.Encode(deltas[0].OpenReader(), parent, default, options, folder.Path, stop);
        AssertSame(deltas[0], PlainDelta.ReadMasked(layout, Bytes(against.Mask!), [Bytes(against.Values)], parent.Tensors));

        using var plain = DeltaEncoder.Encode(deltas[0].OpenReader(), null, default, options, folder.Path, stop);
        List<byte[]> chain = [Bytes(plain.Values)];
        for (var step = 1; step < deltas.Length; step++)
        {
            var earlier = new EarlierValues(Flat(deltas[step - 1]), step > 1 ? Flat(deltas[step - 2]) : default(ReadOnlyMemory<byte>?));
            using var predicted = DeltaEncoder.EncodeOn(
                plain.Mask!, deltas[step].OpenReader(), null, default, options, folder.Path, earlier, stop);
            chain.Add(Bytes(predicted.Values));
        }

        AssertSame(deltas[^1], PlainDelta.ReadMasked(layout, Bytes(plain.Mask!), [.. chain], null));
    }

    private void AssertSame(Delta expected, PlainDelta read)
    {
        seen.UnionWith(read.Forms);
        AssertSame(expected.OpenReader(), read);
    }

    private static byte[] Bytes(IFrame frame) => MemoryFrame.Of(frame).ToArray();

    private static byte[] Flat(Delta delta) => [.. delta.Values.SelectMany(values => values.ToArray())];
}
