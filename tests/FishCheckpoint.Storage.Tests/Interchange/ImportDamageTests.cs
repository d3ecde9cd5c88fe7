using System.Text.Json.Nodes;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange;
using FishCheckpoint.Tensors;
using Xunit;
using static FishCheckpoint.Storage.Tests.Interchange.VersionFiles;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>
/// Each way in which a version can lie: it is refused by its name and the tensor's or file's, and neither it nor a later one is saved.
/// </summary>
public sealed class ImportDamageTests : InterchangeTest
{
    private const string Shard = "model-00000-of-00001.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const string Payload = "delta-rank00000-file000000.safetensors";

    // What the version 2 lies in, in each format; a key of an error begins with its last part, but for grail.
    private static readonly Dictionary<InterchangeFormat, string> Places = new()
    {
        [InterchangeFormat.DiskDelta] = "weight_v000002", [InterchangeFormat.SparsePatch] = "deltas/step_000002.safetensors",
        [InterchangeFormat.SparsePatchV3] = "deltas/step_000002.safetensors", [InterchangeFormat.Grail] = "checkpoint-2/DELTA",
        [InterchangeFormat.Manifest] = "delta-00000002",
    };

    private static readonly Dictionary<string, Damage> DiskDelta = new(StringComparer.Ordinal)
    {
        ["payload flipped"] = new(ErrorCode.DigestMismatch, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(new byte[1200]))),
        ["frame flipped"] = new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", [1, 2, 3, 4, 5, 6, 7, 8])),
        ["header flipped"] = new(ErrorCode.HeaderInvalidStart, $": {Shard}", at => Flip($"{at}/{Shard}", 8)),
        ["index flipped"] = new(ErrorCode.VersionInvalid, "", at => Flip($"{at}/{Index}", 0), Scan: true),
        ["shard missing"] = new(ErrorCode.FileNotFound, $": {Shard}", at => File.Delete($"{at}/{Shard}")),
        ["shard cut"] =
            new(ErrorCode.HeaderDataMismatch, $": {Shard}",
            at => File.WriteAllBytes($"{at}/{Shard}", File.ReadAllBytes($"{at}/{Shard}")[..^1])),
        ["base unknown"] = new(ErrorCode.VersionNotFound, "", at => Json($"{at}/{Index}", json => json["metadata"]!["base_version"] = "7")),
        ["base itself"] = new(ErrorCode.VersionNotFound, "", at => Json($"{at}/{Index}", json => json["metadata"]!["base_version"] = "2")),
        ["base another"] =
            new(ErrorCode.DigestMismatch, ": a", at => Json($"{at}/{Index}", json => json["metadata"]!["base_version"] = "0")),
        ["version another"] =
        new(ErrorCode.VersionInvalid, "", at => Json($"{at}/{Index}", json => json["metadata"]!["version"] = "000003"), Scan: true),
        ["encoding unknown"] =
            new(ErrorCode.VersionInvalid, "", at => Json($"{at}/{Index}", json => json["metadata"]!["delta_encoding"] = "add")),
        ["encoding missing"] =
        new(ErrorCode.VersionInvalid, "", at => Json($"{at}/{Index}", json => json["metadata"]!.AsObject().Remove("delta_encoding")),
        Scan: true),
        ["metadata missing"] = new(ErrorCode.DtypeMismatch, ": a", at => Json($"{at}/{Index}", json => json.AsObject().Remove("metadata"))),
        ["compression unknown"] =
            new(ErrorCode.VersionInvalid, "", at => Json($"{at}/{Index}", json => json["metadata"]!["compression_format"] = "lz4")),
        ["checksum unknown"] =
        new(ErrorCode.VersionInvalid, "", at => Json($"{at}/{Index}", json => json["metadata"]!["checksum_format"] = "crc32")),
        ["checksum missing"] = new(ErrorCode.VersionInvalid, ": a", at => Parts($"{at}/{Shard}", (_, metadata) => metadata.Remove("a"))),
        ["declares more"] = new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(new byte[1201]))),
        ["declares terabytes"] =
            new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(new byte[1200], uint.MaxValue))),
        ["holds more"] = new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Bomb(2000))),
        ["holds less"] = new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(new byte[1199], silent: true))),
        ["something follows"] = new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", [.. Zstd(new byte[1200]), 0])),
        ["path above"] = new(
            ErrorCode.VersionInvalid, ": a", at => Json($"{at}/{Index}", json => json["weight_map"]!["a"] = $"../weight_v000001/{Shard}")),
        ["path absolute"] =
        new(ErrorCode.VersionInvalid, ": a", at => Json($"{at}/{Index}", json => json["weight_map"]!["a"] = "/etc/passwd")),
        ["tensor unknown"] = new(ErrorCode.TensorUnknown, ": c", at =>
        {
            Json($"{at}/{Index}", json => json["weight_map"]!["c"] = Shard);
            Parts($"{at}/{Shard}", (parts, metadata) => (parts["c"], metadata["c"]) = ((new TensorInfo("c", DType.U8, [1]), [0]), "00"));
        }),
        ["name no text"] = new(ErrorCode.VersionInvalid, "", at => Replace($"{at}/{Index}", "\"a\":", "\"\\ud800\":"), Scan: true),
    };

    private static readonly Dictionary<string, Damage> Overwriting = new(StringComparer.Ordinal)
    {
        ["overwrite out of range"] =
            new(ErrorCode.IndexOutOfRange, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(Overwrite(2, [5, 1200], [1, 2])))),
        ["overwrite repeated"] = new(ErrorCode.IndexRepeated, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(Overwrite(2, [5, 5], [1, 2])))),
        ["overwrite descending"] =
            new(ErrorCode.IndexUnsorted, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(Overwrite(2, [5, 4], [1, 2])))),
        ["overwrite counts more"] =
        new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(Overwrite(uint.MaxValue, [5], [1])))),
        ["overwrite holds less"] =
            new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd(Overwrite(3, [5, 6], [1, 2]), silent: true))),
        ["overwrite holds more"] =
        new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd([.. Overwrite(2, [5, 6], [1, 2]), 9], silent: true))),
        ["overwrite of nothing"] = new(ErrorCode.VersionInvalid, ": a", at => Frame($"{at}/{Shard}", "a", Zstd([]))),
    };

    private static readonly Dictionary<string, Damage> Manifest = new(StringComparer.Ordinal)
    {
        ["payload flipped"] = new(ErrorCode.DigestMismatch, ": a", at => ManifestFrame(at, Zstd(new byte[1200]))),
        ["frame flipped"] = new(ErrorCode.VersionInvalid, ": a", at => ManifestFrame(at, [1, 2, 3, 4, 5, 6, 7, 8])),
        ["header flipped"] = new(ErrorCode.HeaderInvalidStart, $": {Payload}", at => Flip($"{at}/{Payload}", 8)),
        ["manifest flipped"] = new(ErrorCode.VersionInvalid, "", at => Flip($"{at}/manifest.json", 0), Scan: true),
        ["manifest missing"] = new(ErrorCode.VersionInvalid, "", at => File.Delete($"{at}/manifest.json"), Scan: true),
        ["shard missing"] = new(ErrorCode.FileNotFound, $": {Payload}", at => File.Delete($"{at}/{Payload}")),
        ["base unknown"] = new(ErrorCode.VersionNotFound, "", at => Json($"{at}/manifest.json", json => json["base_version"] = 7)),
        ["base another"] = new(ErrorCode.DigestMismatch, ": a", at => Json($"{at}/manifest.json", json => json["base_version"] = 0)),
        ["base no number"] =
            new(ErrorCode.VersionInvalid, "", at => Json($"{at}/manifest.json", json => json["base_version"] = -1), Scan: true),
        ["checksum unknown"] = new(ErrorCode.VersionInvalid, ": a", at => Entry(at, entry => entry["checksum_algorithm"] = "crc32")),
        ["checksum missing"] = new(ErrorCode.VersionInvalid, ": a", at => Entry(at, entry => entry.AsObject().Remove("checksum"))),
        ["dtype another"] = new(ErrorCode.DtypeMismatch, ": a", at => Entry(at, entry => entry["dtype"] = "float16")),
        ["shape another"] = new(ErrorCode.ShapeMismatch, ": a", at => Entry(at, entry => entry["shape"] = new JsonArray(30, 20))),
        ["declares more"] = new(ErrorCode.VersionInvalid, ": a", at => ManifestFrame(at, Zstd(new byte[1201]))),
        ["holds more"] = new(ErrorCode.VersionInvalid, ": a", at => ManifestFrame(at, Bomb(2000))),
        ["frame of another length"] = new(ErrorCode.VersionInvalid, ": a", at => Entry(at, entry => entry["compressed_num_bytes"] = 1)),
        ["tensor twice"] =
            new(ErrorCode.VersionInvalid, ": a",
            at => Json($"{at}/manifest.json", json => json["tensors"]!.AsArray().Add(json["tensors"]![0]!.DeepClone()))),
        ["tensor no object"] =
        new(ErrorCode.VersionInvalid, "", at => Json($"{at}/manifest.json", json => json["tensors"]!.AsArray().Add(5))),
        ["path above"] = new(ErrorCode.VersionInvalid, ": a", at => Entry(at, entry => entry["payload_file"] = "../x")),
        ["path absolute"] = new(ErrorCode.VersionInvalid, ": a", at => Entry(at, entry => entry["payload_file"] = "/etc/passwd")),
        ["path among the files"] =
            new(ErrorCode.VersionInvalid, "", at => Json($"{at}/manifest.json", json => json["payload_files"]!.AsArray().Add("../x"))),
        ["file no text"] = new(ErrorCode.VersionInvalid, "", at => Replace($"{at}/manifest.json", $"[\"{Payload}\"]", "[\"\\ud800\"]")),
    };

    private static readonly Dictionary<string, Damage> SparsePatch = new(StringComparer.Ordinal)
    {
        ["payload flipped"] = new(ErrorCode.DigestMismatch, "", at => Flip(at, -1)),
        ["header flipped"] = new(ErrorCode.HeaderInvalidStart, "", at => Flip(at, 8), Scan: true),
        ["file cut"] = new(ErrorCode.HeaderDataMismatch, "", at => File.WriteAllBytes(at, File.ReadAllBytes(at)[..^2]), Scan: true),
        ["format another"] = new(ErrorCode.VersionInvalid, "", at => Parts(at, (_, metadata) => metadata["format"] = "pt"), Scan: true),
        ["version another"] =
            new(ErrorCode.VersionInvalid, "", at => Parts(at, (_, metadata) => metadata["model_version"] = "3"), Scan: true),
        ["base unknown"] = new(ErrorCode.VersionNotFound, "", at => Parts(at, (_, metadata) => metadata["prev_model_version"] = "7")),
        ["base another"] = new(ErrorCode.DigestMismatch, "", at => Parts(at, (_, metadata) => metadata["prev_model_version"] = "0")),
        ["version missing"] = new(ErrorCode.VersionNotFound, "", File.Delete, Key: "step_000003.safetensors"),
        ["values missing"] =
            new(ErrorCode.PatchInvalid, ": a",
            at => Parts(at, (parts, _) => parts.Remove(parts.Keys.First(name => name is "a.values" or "a.val")))),
        ["positions missing"] =
        new(ErrorCode.PatchInvalid, ": a",
        at => Parts(at, (parts, _) => parts.Remove(parts.Keys.First(name => name is "a.indices" or "a.idx")))),
        ["total another"] = new(ErrorCode.PatchInvalid, "", at => Parts(at, (_, metadata) => metadata["total_changed_elements"] = "1")),
        ["out of range"] = new(ErrorCode.IndexOutOfRange, ": a", at => Positions(at, 0, 600)),
        ["negative"] = new(ErrorCode.IndexOutOfRange, ": a", at => Positions(at, uint.MaxValue, 5)),
        ["repeated"] = new(ErrorCode.IndexRepeated, ": a", at => Positions(at, 5, 5)),
        ["descending"] = new(ErrorCode.IndexUnsorted, ": a", at => Positions(at, 5, 4)),
    };

    private static readonly Dictionary<string, Damage> SparsePatchV3 = new(StringComparer.Ordinal)
    {
        ["encoding unknown"] =
            new(ErrorCode.VersionInvalid, "", at => Parts(at, (_, metadata) => metadata["encoding"] = "nvcomp_cascaded")),
        ["gap out of range"] = new(ErrorCode.IndexOutOfRange, ": a", at => Gaps(at, DType.U16, [0, 0, 0x57, 0x02])),
        ["wide gap out of range"] = new(ErrorCode.IndexOutOfRange, ": a", at => Gaps(at, DType.U32, [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])),
        ["gaps of another dtype"] = new(ErrorCode.PatchInvalid, ": a", at => Gaps(at, DType.I16, [0, 0, 0, 0])),
    };

    private static readonly Dictionary<string, Damage> Grail = new(StringComparer.Ordinal)
    {
        ["payload flipped"] = new(ErrorCode.DigestMismatch, ": delta_sparse.bin.zst", at => Flip($"{at}/delta_sparse.bin.zst", -1)),
        ["payload another"] = new(ErrorCode.DigestMismatch, "", at => WriteGrail(at, "a", [20, 30], [0], [0])),
        ["frame flipped"] =
            new(ErrorCode.VersionInvalid, "", at => WriteGrail(at, "a", [20, 30], [0], [0], compress: _ => [1, 2, 3, 4, 5, 6])),
        ["metadata flipped"] = new(ErrorCode.VersionInvalid, "", at => Flip($"{at}/metadata.json", 0), Scan: true),
        ["metadata missing"] = new(ErrorCode.FileNotFound, "", at => File.Delete($"{at}/metadata.json"), Scan: true),
        ["data missing"] = new(ErrorCode.FileNotFound, ": delta_sparse.bin.zst", at => File.Delete($"{at}/delta_sparse.bin.zst")),
        ["base unknown"] = new(ErrorCode.VersionNotFound, "", at => Json($"{at}/metadata.json", json => json["prev_window"] = 7)),
        ["base another"] = new(ErrorCode.DigestMismatch, "", at => Json($"{at}/metadata.json", json => json["prev_window"] = 0)),
        ["base missing"] =
            new(ErrorCode.VersionInvalid, "", at => Json($"{at}/metadata.json", json => json["prev_window"] = null), Scan: true),
        ["version another"] = new(ErrorCode.VersionInvalid, "", at => Json($"{at}/metadata.json", json => json["window"] = 3), Scan: true),
        ["dtype unknown"] =
            new(ErrorCode.VersionInvalid, ": a", at => WriteGrail(at, "a", [20, 30], [0], [0], entry => entry["row_dtype"] = "int64")),
        ["values of another dtype"] =
        new(ErrorCode.DtypeMismatch, ": a", at => WriteGrail(at, "a", [20, 30], [0], [0], entry => entry["value_dtype"] = "float16")),
        ["shape another"] = new(ErrorCode.ShapeMismatch, ": a", at => WriteGrail(at, "a", [30, 20], [0], [0])),
        ["tensor unknown"] = new(ErrorCode.TensorUnknown, ": c", at => WriteGrail(at, "c", [20, 30], [0], [0])),
        ["counts more"] =
            new(ErrorCode.VersionInvalid, ": a", at => WriteGrail(at, "a", [20, 30], [0], [0], entry => entry["num_nonzero"] = 601)),
        ["sizes lie"] = new(
            ErrorCode.VersionInvalid, ": a",
            at => WriteGrail(at, "a", [20, 30], [0], [0], entry => entry["values_offset"] = long.MaxValue)),
        ["row out of range"] = new(ErrorCode.IndexOutOfRange, ": a", at => WriteGrail(at, "a", [20, 30], [20], [0])),
        ["column out of range"] = new(ErrorCode.IndexOutOfRange, ": a", at => WriteGrail(at, "a", [20, 30], [1], [30])),
        ["negative"] = new(ErrorCode.IndexOutOfRange, ": a", at => WriteGrail(at, "a", [20, 30], [uint.MaxValue], [0])),
        ["repeated"] = new(ErrorCode.IndexRepeated, ": a", at => WriteGrail(at, "a", [20, 30], [1, 0], [3, 0])),
        ["descending"] = new(ErrorCode.IndexUnsorted, ": a", at => WriteGrail(at, "a", [20, 30], [1, uint.MaxValue], [3, 3])),
        ["declares more"] =
            new(ErrorCode.VersionInvalid, "", at => WriteGrail(at, "a", [20, 30], [0], [0], compress: bytes => Zstd([.. bytes, 0]))),
        ["holds more"] = new(
            ErrorCode.VersionInvalid, "",
            at => WriteGrail(at, "a", [20, 30], [0], [0], compress: bytes => Zstd([.. bytes, 0], silent: true))),
        ["holds less"] = new(
            ErrorCode.VersionInvalid, "",
            at => WriteGrail(at, "a", [20, 30], [0], [0], compress: bytes => Zstd(bytes[..^1], silent: true))),
        ["header of gigabytes"] =
        new(ErrorCode.HeaderTooLarge, "",
        at => WriteGrail(at, "a", [20, 30], [0], [0], compress: bytes => Zstd([255, 255, 255, 127, .. bytes[4..]]))),
        ["path above"] =
            new(ErrorCode.VersionInvalid, "", at => Json($"{at}/metadata.json", json => json["file_manifest"]!["../x"] = "00")),
        ["path absolute"] =
        new(ErrorCode.VersionInvalid, "", at => Json($"{at}/metadata.json", json => json["file_manifest"]!["/etc/passwd"] = "00")),
    };

    public static TheoryData<InterchangeFormat, string?, string> Cases
    {
        get
        {
            var data = new TheoryData<InterchangeFormat, string?, string>();
            foreach (var (format, form, damages) in All)
            {
                foreach (var name in damages.Keys)
                {
                    data.Add(format, form, name);
                }
            }

            return data;
        }
    }

    private static (InterchangeFormat Format, string? Form, Dictionary<string, Damage> Damages)[] All =>
    [
        (InterchangeFormat.DiskDelta, "xor", DiskDelta), (InterchangeFormat.DiskDelta, "overwrite", Overwriting),
        (InterchangeFormat.Manifest, null, Manifest),
        (InterchangeFormat.SparsePatch, null, SparsePatch), (InterchangeFormat.SparsePatchV3, "raw", SparsePatch),
        (InterchangeFormat.SparsePatchV3, "gap_delta", SparsePatchV3),
        (InterchangeFormat.Grail, null, Grail),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Import_AVersionThatLies_IsRefusedByNameAndSavedInNoPart(InterchangeFormat format, string? form, string damage)
    {
        var (code, key, change, scan, whole) = All.Single(item => item.Format == format && item.Form == form).Damages[damage];
        var model = TestModel.Create(7, null, new TensorInfo("a", DType.BF16, [20, 30]), new TensorInfo("b", DType.BF16, [90]));
        var first = model.Changed(1, 0.1, "a", "b");
        await PrepareAsync(model, (1, first), (2, first.Changed(2, 0.05, "a", "b")), (3, first.Changed(3, 0.05, "a", "b")));
        await ExportAsync(
            format, "out", options => format == InterchangeFormat.DiskDelta ? options with { Encoding = form }
            : options with { Positions = form });
        var other = await OpenAsync();
        await PrepareAsync(other);
        change(PathOf($"out/{Places[format]}"));

        var refusal = await Assert.ThrowsAsync<FishException>(() => ImportAsync(other, format, "out"));

        var version = format == InterchangeFormat.Grail ? "checkpoint-2" : Path.GetFileName(Places[format]);
        var expected = whole ?? version + key;
        Assert.True(
            code == refusal.Code && (refusal.Key == expected || refusal.Key.StartsWith($"{expected}.", StringComparison.Ordinal)),
            $"Expected {code} {expected}; {refusal}");

        // An index that lies is found before anything is saved.
        Assert.Equal(scan ? [] : [1L], await StepsOfAsync(other.Checkpoints));
        if (!scan)
        {
            await AssertSameAsync(other, 1);
        }
    }

    private static void ManifestFrame(string at, byte[] frame)
    {
        Frame($"{at}/{Payload}", "a", frame);
        Entry(at, entry => entry["compressed_num_bytes"] = frame.Length);
    }

    private static void Entry(string at, Action<JsonNode> change) =>
        Json($"{at}/manifest.json", json => change(json["tensors"]!.AsArray().Single(entry => (string)entry!["name"]! == "a")!));

    private static void Positions(string at, uint first, uint second) => Parts(at, (parts, metadata) =>
    {
        var (left, right) = parts.ContainsKey("a.idx") ? ("a.idx", "a.val") : ("a.indices", "a.values");
        parts[left] = (new TensorInfo(left, DType.I32, [2]), [.. U32(first), .. U32(second)]);
        parts[right] = (new TensorInfo(right, DType.BF16, [2]), [1, 2, 3, 4]);
        metadata.Remove("total_changed_elements");
    });

    private static void Gaps(string at, DType type, byte[] gaps) => Parts(at, (parts, metadata) =>
    {
        parts["a.idx"] = (new TensorInfo("a.idx", type, [2]), gaps);
        parts["a.val"] = (new TensorInfo("a.val", DType.BF16, [2]), [1, 2, 3, 4]);
        metadata.Remove("total_changed_elements");
    });

    private static void Replace(string path, string old, string by)
    {
        var text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, by, StringComparison.Ordinal));
    }

    /// <summary>What is done to a version, and how it is refused.</summary>
    /// <param name="Code">The code.</param>
    /// <param name="More">What the key says after the version.</param>
    /// <param name="Change">What is done, given the version's place.</param>
    /// <param name="Scan">Whether it is found before anything is saved.</param>
    /// <param name="Key">The key, where another version is refused.</param>
    private sealed record Damage(ErrorCode Code, string More, Action<string> Change, bool Scan = false, string? Key = null);
}
