using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using PlainFormat;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>Keeps docs/reference/format true: compares the tables of its pages with the code and the golden files.</summary>
public sealed partial class FormatPageTests
{
    private static readonly string[] Container = Lines("container");
    private static readonly string[] Values = Lines("values");
    private static readonly string[] Blocks = Lines("blocks");

    public static TheoryData<string> Frames => ["mask.Stored", "values-plain.Stored", "values-xor.Stored", "bytes.Stored"];

    [Fact]
    public void Head_FieldSizes_AddUp()
    {
        var next = 0;
        foreach (var row in Table(Container, "Head"))
        {
            Assert.Equal(next, Number(row[0]));
            next += row[1].Length == 0 ? 0 : Number(row[1]);
        }

        Assert.Equal(FrameHead.FixedLength, next);
        Assert.Equal(FrameHead.FixedLength, Number(Table(Container, "Frame")[0][1]));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Head_GoldenFile_HoldsItsFieldsWhereThePageSays(string name)
    {
        var frame = GoldenFrameTests.Golden(name);
        var (bytes, head) = (frame.ToArray(), FrameHead.Parse(frame.Head));
        var fields = Table(Container, "Head").Where(row => row[1].Length > 0)
            .ToDictionary(row => row[2], row => bytes[Number(row[0])..(Number(row[0]) + Number(row[1]))]);

        Assert.Equal("FISHFRAM", Encoding.ASCII.GetString(fields["magic"]));
        Assert.Equal(FrameHead.Version, BinaryPrimitives.ReadUInt16LittleEndian(fields["version"]));
        Assert.Equal((byte)head.Kind, Assert.Single(fields["kind"]));
        Assert.Equal(head.Digests.Count, Assert.Single(fields["digests"]));
        Assert.Equal(head.Chunks, BinaryPrimitives.ReadInt32LittleEndian(fields["chunks"]));
        Assert.Equal(head.Count, BinaryPrimitives.ReadInt64LittleEndian(fields["count"]));
        Assert.Equal(head.Index.Length, BinaryPrimitives.ReadInt32LittleEndian(fields["index length"]));
        Assert.Equal(
            Crc32C.Compute([.. bytes[..28], .. bytes[32..head.Length]]), BinaryPrimitives.ReadUInt32LittleEndian(fields["checksum"]));
        Assert.Equal(bytes.Length, head.Length + frame.PayloadLength);
    }

    [Fact]
    public void Kinds_Table_IsTheCodes() => Assert.Equal(
        Enum.GetValues<FrameKind>().Select(kind => ($"{(byte)kind}", $"{kind}", $"{FrameHead.DigestsOf(kind)}")),
        Table(Container, "Kinds").Select(row => (row[0], row[1], row[2])));

    [Fact]
    public void Compression_Table_IsTheCodes() => Assert.Equal(
        Enum.GetValues<Compression>().Select(compression => ($"{(byte)compression}", $"{compression}")),
        Table(Container, "Compression").Select(row => (row[0], row[1])));

    [Fact]
    public void Dense_Table_IsTheCodes() => Assert.Equal(
        Enum.GetValues<PlaneForm>().Select(form => ($"{(byte)form}", $"{form}")),
        Table(Blocks, "Byte planes of units").Select(row => (row[0], row[1])));

    [Fact]
    public void Dtypes_Table_IsTheCodes() => Assert.Equal(
        DTypes.All.Select(type => ($"{(byte)type}", DTypes.NameOf(type), $"{DTypes.BitsOf(type)}")),
        Table(Container, "Identities", 1).Select(row => (row[0], row[1], row[2])));

    [Fact]
    public void Limits_Table_IsTheCodes() => Assert.Equal(
        [
            DeltaChunk.Capacity, ChunkIndex.BytesPerChunk, ChunkCoder.MaxEncoded, BlockCoder.MaxEncoded, Varint.MaxLength,
            ChunkIndex.MaxEntry, SafetensorsHeader.MaxLength,
        ],
        Table(Container, "Limits").Select(row => Number(row[1])));

    [Fact]
    public void Chunks_Examples_AreWhatIsWritten()
    {
        var stored = new CodecOptions(Compression.Stored, Compression.Stored) { Effort = CodecEffort.Runs };
        var (coder, encoded) = (new ChunkCoder(), new byte[ChunkCoder.MaxEncoded]);
        var positions = encoded[..coder.EncodePositions([5, 6, 9], stored, encoded)];
        Assert.Equal(Convert.FromHexString("0002020002"), positions);
        var values = encoded[..coder.EncodeValues(ValueMap.Plain, [0x34, 0x12, 0x56, 0x12], 2, stored, encoded)];
        Assert.Equal(Convert.FromHexString("000002345600021212"), values);

        var page = string.Join(' ', Values);
        Assert.Contains("`00 02 02 00 02`", page);
        Assert.Contains("`00` `00 02 34 56` `00 02 12 12`", page);
    }

    [Fact]
    public void References_InSources_NameHeadingsOfThePages()
    {
        var references = Repository.Files("*.cs").SelectMany(file => Reference().Matches(Repository.Read(file))).ToList();
        Assert.True(references.Count > 20);
        Assert.All(
            references, reference => Assert.Contains($"## {reference.Groups["heading"].Value}", Lines(reference.Groups["page"].Value)));
    }

    [Theory]
    [InlineData("container", CodecEffort.Runs, 3)]
    [InlineData("values", CodecEffort.Fast, 24)]
    public void Example_OfMaskAndValues_IsWhatIsWrittenAndReadsAsThePageSays(string page, CodecEffort effort, int count)
    {
        using var folder = new TemporaryFolder();
        var options = new CodecOptions(Compression.Stored, Compression.Stored) { Effort = effort };
        using var encoded = DeltaEncoder.Encode(
            Example(count).OpenReader(), null, default, options, folder.Path, TestContext.Current.CancellationToken);
        var mask = MemoryFrame.Of(encoded.Mask!);
        var values = MemoryFrame.Of(encoded.Values);
        var read = PlainDelta.ReadMasked(ExampleTensors, mask.ToArray(), [values.ToArray()], null);

        // The page of values has the mask's chunk alone.
        AssertExample(page, page == "container" ? [.. mask.ToArray(), .. values.ToArray()] : mask.Bytes, read);
    }

    [Fact]
    public void Example_OfBlocks_IsWhatIsWrittenAndReadsAsThePageSays()
    {
        using var folder = new TemporaryFolder();
        var options = new CodecOptions { Effort = CodecEffort.Small };
        using var encoded = BlocksEncoder.TryEncode(
            Example(3).OpenReader(), ExampleParent, default, options, folder.Path, cancellation: TestContext.Current.CancellationToken)!;
        var frame = MemoryFrame.Of(encoded.Values);
        AssertExample("blocks", frame.Bytes, PlainDelta.ReadBlocks(ExampleTensors, frame.ToArray(), ExampleParent.Tensors));
    }

    [Fact]
    public void Identities_OfStates_AreWhatThePageSays()
    {
        var (left, middle, right) = (Digest.Of("1"u8), Digest.Of("2"u8), Digest.Of("3"u8));

        Assert.Equal(Hash("fishcheckpoint state 1\n", left, middle, right), StateIdentity.OfDelta(left, middle, right));
        Assert.Equal(Hash("fishcheckpoint base state 1\n", left, middle), StateIdentity.OfBase(left, middle));
        Assert.Equal(Hash("fishcheckpoint file 1\n", left, Digest.Of("header"u8)), StateIdentity.OfFile(left, "header"u8));
        Assert.All(
            ["fishcheckpoint layout 1\\n", "fishcheckpoint mask 1\\n", "fishcheckpoint state 1\\n", "fishcheckpoint base state 1\\n"],
            purpose => Assert.Contains($"`{purpose}`", string.Join('\n', Container)));
    }

    private static readonly PlainTensor[] ExampleTensors = [new PlainTensor("w", "BF16", [4, 8])];

    private static MemoryModel ExampleParent => new(
        new Layout([new TensorInfo("w", DType.BF16, [4, 8])]),
        [[.. Enumerable.Range(0, 32).SelectMany(unit => (byte[])[(byte)(0x80 + unit), 0x3F])]]);

    // Three units, or three of every four, are one place higher.
    private static Delta Example(int count)
    {
        var model = ExampleParent;
        IEnumerable<int> units = count == 3 ? [5, 6, 9] : Enumerable.Range(0, 32).Where(unit => unit % 4 < 3);
        var mask = Mask.Create(model.Layout, [new TensorMask(0, units.Select(unit => (long)unit).ToArray())]);
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            model.Tensors[0][2 * position]++;
        }

        return MaskedState.Gather(mask, tensor => model.Tensors[tensor]);
    }

    private static void AssertExample(string page, byte[] written, PlainDelta read)
    {
        var rows = Table(Lines(page), "Worked example");
        var bytes = string.Concat(rows.Select(row => row[0].Replace("`", "").Replace(" ", "")));
        Assert.Equal(Convert.ToHexString(written), bytes, ignoreCase: true);
        var text = string.Join(' ', Lines(page));
        Assert.Contains($"positions {string.Join(", ", read.Positions[0])}", text);
        Assert.Contains($"values {string.Join(", ", read.Values[0].Select(value => $"{value:X4}"))}", text);
    }

    private static Digest Hash(string purpose, params Digest[] parts) =>
        Digest.Of(Encoding.UTF8.GetBytes(purpose).Concat(parts.SelectMany(part => part.ToArray())).ToArray());

    // The rows of a section's table, without the two that head it.
    private static List<string[]> Table(string[] page, string section, int number = 0)
    {
        var tables = new List<List<string[]>>();
        var inside = false;
        foreach (var line in page.SkipWhile(line => line != $"## {section}").Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)))
        {
            if (!line.StartsWith('|'))
            {
                inside = false;
                continue;
            }

            if (!inside)
            {
                tables.Add([]);
                inside = true;
            }

            tables[^1].Add([.. line.Trim('|').Split('|').Select(cell => cell.Trim())]);
        }

        return tables[number][2..];
    }

    private static string[] Lines(string page) => Repository.Read($"docs/reference/format/{page}.md").ReplaceLineEndings("\n").Split('\n');

    [GeneratedRegex(
        @"docs/reference/format/(?<page>\w+)\.md, ""(?<heading>[^""\n]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Reference();

    private static int Number(string cell) => int.Parse(cell, NumberStyles.None, CultureInfo.InvariantCulture);
}
