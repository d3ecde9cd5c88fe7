using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// Holds every peer's bytes to what its format's description says of a model of eight values, of which two change, written out by hand.
/// Sizes of formats that are written in another way than their owners write them would compare nothing: <c>sizes</c> begins with this.
/// </summary>
internal static class LayoutCheck
{
    // Values 1 and 4 of a matrix of two rows and three columns; all others are 1.0, as is a vector that does not change.
    private const string Zeros = "0000";
    private static readonly byte[] Changed = Hex("803F 813F 803F 803F 7F3F 803F");

    /// <exception cref="InvalidDataException">A peer writes something else.</exception>
    public static void Run()
    {
        Layout layout = new([new TensorInfo("a", DType.BF16, [2, 3]), new TensorInfo("b", DType.BF16, [2])]);
        byte[] ones = Hex("803F 803F 803F 803F 803F 803F");
        var (before, after) = (new Checkpoint(layout, [ones, ones[..4]]), new Checkpoint(layout, [Changed, ones[..4]]));

        Require("authors", new AuthorsFormat().Encode(before, after), Hex("02000000 01000000 04000000 0000813F 00007F3F 00000000"));
        Patch(new SparsePatch().Encode(before, after));
        Gaps(new GapPatch().Encode(before, after));
        DiskDelta(new DiskDelta("xor"), before, after, Hex($"{Zeros} 0100 {Zeros} {Zeros} FF00 {Zeros}"));
        DiskDelta(new DiskDelta("overwrite"), before, after, Hex("02000000 02000000 08000000 81 7F"));
        Grail(new Grail().Encode(before, after));
        Planes(new BitX().Encode(before, after));
        Require("dense", Unpacked(new DenseFile(1).Encode(before, after)), after.ToFileBytes());
    }

    private static void Patch(byte[] bytes)
    {
        var file = new File(bytes);
        file.Require("a.indices", "I32", Hex("01000000 04000000"));
        file.Require("a.values", "BF16", Hex("813F 7F3F"));
        file.RequireNames(
            ["a.indices", "a.values"],
            ["format", "version", "sparse", "model_version", "num_changed_params", "total_changed_elements", "total_elements", "sparsity",
            "changed_params"]);
        Require(
            "patch's metadata",
            file.Metadata("format") == "sparse_weight_patch" && file.Metadata("version") == "1" && file.Metadata("sparse") == "True"
            && file.Metadata("num_changed_params") == "1" && file.Metadata("total_changed_elements") == "2"
            && file.Metadata("total_elements") == "8"
            && file.Metadata("sparsity") == "0.75" && file.Metadata("changed_params") == "[\"a\"]");
    }

    private static void Gaps(byte[] bytes)
    {
        var file = new File(bytes);
        file.Require("a.idx", "U16", Hex("0100 0200"));
        file.Require("a.val", "BF16", Hex("813F 7F3F"));
        file.RequireNames(
            ["a.idx", "a.val"],
            ["format", "version", "sparse", "model_version", "num_changed_params", "total_changed_elements", "total_elements", "sparsity",
            "encoding"]);
        Require("gap patch's metadata", file.Metadata("encoding") == "gap_delta" && file.Metadata("format") == "sparse_weight_patch");
    }

    private static void DiskDelta(DiskDelta peer, Checkpoint before, Checkpoint after, byte[] content)
    {
        var bytes = peer.Encode(before, after);
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var index = JsonDocument.Parse(bytes.AsMemory(sizeof(int), length)).RootElement;
        var metadata = index.GetProperty("metadata");
        Require(
            peer.Name,
            metadata.GetProperty("version").GetString() == "000001" && metadata.GetProperty("base_version").GetString() == "000000"
            && peer.Name.Contains(metadata.GetProperty("delta_encoding").GetString()!, StringComparison.Ordinal)
            && metadata.GetProperty("compression_format").GetString() == "zstd"
            && metadata.GetProperty("checksum_format").GetString() == "xxh3-128"
            && index.GetProperty("weight_map").GetProperty("a").GetString() == "model-00000-of-00001.safetensors");
        var shard = new File(bytes[(sizeof(int) + length)..]);
        shard.RequireNames(["a"], ["a"]);
        Require(peer.Name, Unpacked(shard.Data("a", "U8")), content);
        Require(peer.Name, shard.Metadata("a") == XxHash128.HashToUInt128(Changed).ToString("x32", CultureInfo.InvariantCulture));
    }

    private static void Grail(byte[] bytes)
    {
        var content = Unpacked(bytes[Peers.Grail.HashLength..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(content);
        Require("grail's header", content[sizeof(int)..(sizeof(int) + length)], [
            .. """{"version":31,"tensors":[{"name":"a","shape":[2,3],"num_nonzero":2,"value_dtype":"""u8,
            .. "\"bfloat16\",\"row_dtype\":\"uint8\",\"col_dtype\":\"uint16\",\"indices_offset\":"u8,
            .. """0,"indices_size":6,"rows_size":2,"cols_size":4,"values_offset":6,"values_size":4}]}"""u8]);
        Require("grail's data", content[(sizeof(int) + length)..], Hex("00 01 0100 0100 813F 7F3F"));
    }

    private static void Planes(byte[] bytes)
    {
        var planes = new List<byte[]>();
        for (var rest = bytes.AsSpan(); rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            planes.Add(Unpacked(rest.Slice(sizeof(int), length).ToArray()));
            rest = rest[(sizeof(int) + length)..];
        }

        Require("planes", [.. planes.SelectMany(plane => plane)], Hex($"00 01 00 00 FF 00 {Zeros}{Zeros}{Zeros} {Zeros} {Zeros}"));
    }

    private static byte[] Unpacked(byte[] frame)
    {
        var content = new byte[Zstandard.ContentSize(frame)];
        Zstandard.Decompress(frame, content);
        return content;
    }

    private static void Require(string what, byte[] found, byte[] expected) =>
        Require($"{what}: {Convert.ToHexString(found)}", found.AsSpan().SequenceEqual(expected));

    private static void Require(string what, bool holds)
    {
        if (!holds)
        {
            throw new InvalidDataException($"Not as the format is described: {what}");
        }
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", string.Empty, StringComparison.Ordinal));

    // A safetensors file, read without any of this project's own code.
    private sealed class File(byte[] bytes)
    {
        private readonly JsonElement header = JsonDocument.Parse(
            bytes.AsMemory(8, (int)BinaryPrimitives.ReadInt64LittleEndian(bytes))).RootElement;

        public string? Metadata(string key) => header.GetProperty("__metadata__").GetProperty(key).GetString();

        public byte[] Data(string name, string type)
        {
            var (tensor, start) = (header.GetProperty(name), 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
            LayoutCheck.Require(name, tensor.GetProperty("dtype").GetString() == type && tensor.GetProperty("shape").GetArrayLength() == 1);
            var offsets = tensor.GetProperty("data_offsets");
            return bytes[(start + offsets[0].GetInt32())..(start + offsets[1].GetInt32())];
        }

        public void Require(string name, string type, byte[] data) => LayoutCheck.Require(name, Data(name, type), data);

        public void RequireNames(string[] tensors, string[] metadata) =>
            LayoutCheck.Require("names", header.EnumerateObject().Select(tensor => tensor.Name)
            .Where(name => name != "__metadata__").ToHashSet().SetEquals(tensors)
            && header.GetProperty("__metadata__").EnumerateObject().Select(pair => pair.Name).ToHashSet().SetEquals(metadata));
    }
}
