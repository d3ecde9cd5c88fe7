using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>What the readers of single systems ask for beyond the formats.</summary>
public sealed class ReaderTests : InterchangeTest
{
    private const string Full = "weight_v000001";
    private const string Delta = "weight_v000002";

    private static readonly TensorInfo[] Tied = [new("embed.weight", DType.BF16, [40, 8]), new("lm_head.weight", DType.BF16, [40, 8]),
        new("norm.weight", DType.F32, [8])];

    [Fact]
    public async Task ModelExpress_Defaults_AreWhatItsReaderTakes()
    {
        await PrepareSidedAsync(("config.json", """{"tie_word_embeddings": false}"""));
        await ExportAsync(InterchangeFormat.ModelExpress, "out");

        var full = Index(Full);
        Assert.Equal(Tied.Select(tensor => tensor.Name).Order(StringComparer.Ordinal),
            full["weight_map"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.All(full["weight_map"]!.AsObject(), pair => Assert.Equal("model.safetensors", pair.Value!.GetValue<string>()));
        Assert.Null(full["metadata"]!["checksum_format"]);
        var delta = Index(Delta)["metadata"]!;
        Assert.Equal(("xor", "zstd", "adler32", "000001"),
            (Text(delta, "delta_encoding"), Text(delta, "compression_format"), Text(delta, "checksum_format"),
            Text(delta, "base_version")));
        using var shard = SafetensorsFile.Open(Directory.GetFiles(PathOf($"out/{Delta}"), "*.safetensors").Single());
        Assert.All(shard.Header.Tensors, tensor => Assert.Matches("^[0-9a-f]{8}$", shard.Header.Metadata[tensor.Info.Name]));
        Assert.Contains(shard.Header.Tensors, tensor => tensor.Info.Name == "lm_head.weight");
        Assert.Equal(0, (await ExportAsync(InterchangeFormat.ModelExpress, "out")).Written);
    }

    [Fact]
    public async Task ModelExpress_TiedHead_IsInNoVersion()
    {
        await PrepareSidedAsync(("config.json", """{"tie_word_embeddings": true}"""));
        await ExportAsync(InterchangeFormat.ModelExpress, "out");

        Assert.DoesNotContain("lm_head.weight", Index(Full)["weight_map"]!.AsObject().Select(pair => pair.Key));
        Assert.DoesNotContain("lm_head.weight", Index(Delta)["weight_map"]!.AsObject().Select(pair => pair.Key));
        using var written = SafetensorsFile.Open(PathOf($"out/{Full}/model.safetensors"));
        Assert.Equal(["embed.weight", "norm.weight"],
            written.Header.Tensors.Select(tensor => tensor.Info.Name).Order(StringComparer.Ordinal));
        var embed = written.Header.Tensors.Single(tensor => tensor.Info.Name == "embed.weight");
        var bytes = new byte[embed.Info.Bytes];
        written.ReadData(embed.Begin, bytes);
        Assert.Equal(Steps[1]["embed.weight"], bytes);
    }

    [Theory]
    [InlineData("overwrite", null)]
    [InlineData(null, "xxh3-128")]
    [InlineData(null, "blake3")]
    public async Task ModelExpress_WhatItsReaderRefuses_IsNotWritten(string? encoding, string? checksum)
    {
        await PrepareSidedAsync();
        var error = await Assert.ThrowsAsync<FishException>(
            () => ExportAsync(InterchangeFormat.ModelExpress, "out", options => options with { Encoding = encoding, Checksum = checksum }));
        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
    }

    [Fact]
    public async Task DiskDelta_FullVersionWithoutConfig_WarnsUnlessSideFilesAreGiven()
    {
        await PrepareSidedAsync();
        var warnings = new List<string>();
        await ExportAsync(InterchangeFormat.DiskDelta, "bare", options => options with { OnWarning = warnings.Add });
        Assert.Contains("config.json", Assert.Single(warnings), StringComparison.Ordinal);

        var side = Directory.CreateDirectory(PathOf("side")).FullName;
        foreach (var name in new[] { "config.json", "tokenizer.json", "other.safetensors", "pytorch_model.bin", ".hidden" })
        {
            await File.WriteAllTextAsync(Path.Combine(side, name), $"of {name}", Stop);
        }

        await ExportAsync(InterchangeFormat.DiskDelta, "out", options => options with { OnWarning = warnings.Add, SideFiles = side });

        Assert.Single(warnings);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"],
            Directory.EnumerateFiles(PathOf($"out/{Full}")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("of config.json", await File.ReadAllTextAsync(PathOf($"out/{Full}/config.json"), Stop));
        var missing = await Assert.ThrowsAsync<FishException>(
            () => ExportAsync(InterchangeFormat.DiskDelta, "again", options => options with { SideFiles = PathOf("nowhere") }));
        Assert.Equal(ErrorCode.FileNotFound, missing.Code);
    }

    [Fact]
    public async Task Grail_OwnFields_PassThroughImportAndExport()
    {
        await PrepareSidedAsync();
        await ExportAsync(InterchangeFormat.Grail, "out");
        foreach (var path in new[] { "out/checkpoint-1/FULL/metadata.json", "out/checkpoint-2/DELTA/metadata.json" })
        {
            var metadata = JsonNode.Parse(await File.ReadAllTextAsync(PathOf(path), Stop))!;
            (metadata["training_config"], metadata["env_id"],
                metadata["thinking_mode"]) = (new JsonObject { ["lr"] = 3e-6, ["name"] = "größer" }, "gsm8k", "native");
            metadata["something_new"] = new JsonArray(1, "two", null);
            await File.WriteAllTextAsync(PathOf(path), metadata.ToJsonString(), Stop);
        }

        var other = await OpenAsync();
        await PrepareAsync(other);
        await ImportAsync(other, InterchangeFormat.Grail, "out");
        var options = new FishCheckpoint.Interchange.ExportOptions
        {
            Format = InterchangeFormat.Grail, Folder = PathOf("back"), Task = "task", From = StepRef.At(1), To = StepRef.At(2),
        };
        await FishCheckpoint.Interchange.Export.VersionExporter.ExportAsync(other, options, cancellation: Stop);

        foreach (var path in new[] { "checkpoint-1/FULL/metadata.json", "checkpoint-2/DELTA/metadata.json" })
        {
            var before = JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"out/{path}"), Stop))!.AsObject();
            var after = JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"back/{path}"), Stop))!.AsObject();
            foreach (var name in new[] { "training_config", "env_id", "thinking_mode", "something_new", "created_at", "git_commit",
                "window", "weights_hash" })
            {
                Assert.True(JsonNode.DeepEquals(before[name], after[name]), $"{path}: {name}");
            }
        }
    }

    [Fact]
    public async Task SparsePatch_WithoutFormat_IsReadAsTheFirstUploads()
    {
        var model = Models.Bfloat();
        await PrepareAsync(model, (1, model.Changed(1, 0.02, "embed.weight")), (2, model.Changed(2, 0.02, "embed.weight")));
        await ExportAsync(InterchangeFormat.SparsePatch, "out");
        var path = PathOf("out/deltas/step_000002.safetensors");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        var length = (int)BitConverter.ToInt64(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject();
        header["__metadata__"]!.AsObject().Remove("format");
        header["__metadata__"]!.AsObject().Remove("version");
        var text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] padded = [.. text, .. Enumerable.Repeat((byte)' ', (8 - (text.Length % 8)) % 8)];
        await File.WriteAllBytesAsync(path, [.. BitConverter.GetBytes((long)padded.Length), .. padded, .. bytes[(8 + length)..]], Stop);

        var other = await OpenAsync();
        await PrepareAsync(other);
        await ImportAsync(other, InterchangeFormat.SparsePatch, "out");
        await AssertSameAsync(other);
    }

    [Theory]
    [InlineData(InterchangeFormat.ModelExpress, "weight_v000001", "model.safetensors.index.json")]
    [InlineData(InterchangeFormat.Grail, "checkpoint-1/FULL", "metadata.json")]
    [InlineData(InterchangeFormat.Grail, "checkpoint-1/FULL", "manifest.sig")]
    [InlineData(InterchangeFormat.Manifest, "full-00000001", "manifest.json")]
    public async Task Import_FormatsOwnFile_IsNoSideFileOfTheModel(InterchangeFormat format, string version, string own)
    {
        await PrepareSidedAsync();
        await ExportAsync(format, "out");
        var full = PathOf($"out/{version}");
        await File.WriteAllTextAsync(Path.Combine(full, "config.json"), "{}", Stop);
        if (!File.Exists(Path.Combine(full, own)))
        {
            await File.WriteAllTextAsync(Path.Combine(full, own), "{}", Stop);
        }

        var other = await OpenAsync();
        await PrepareAsync(other);
        await ImportAsync(other, format, "out");
        var empty = await OpenAsync();
        await ImportAsync(empty, format, "out", options => options with { Base = "made" });

        await using var kept = await other.States.OpenAsync("task", StepRef.At(1), Stop);
        Assert.Equal(["config.json", "model.safetensors"], kept.Files.Select(file => file.Name));
        await using var made = await empty.Bases.OpenAsync("made", Stop);
        Assert.Equal(["config.json", "model.safetensors"], made.Files.Select(file => file.Name));
    }

    private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();

    private JsonNode Index(string version) => JsonNode.Parse(File.ReadAllText(PathOf($"out/{version}/model.safetensors.index.json")))!;

    // Two steps of a small model, on a base with side files.
    private async Task PrepareSidedAsync(params (string Name, string Text)[] sides)
    {
        var model = TestModel.Create(1, null, Tied);
        if (sides.Length == 0)
        {
            await PrepareAsync(model, (1, model.Change(2)), (2, model.Change(2).Change(3)));
            return;
        }

        var folder = PathOf("base");
        model.Write(folder);
        foreach (var (name, text) in sides)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, Stop);
        }

        await Store.Bases.AddAsync("base", ModelUpload.FromPath(folder), Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
        foreach (var (step, state) in new[] { (1L, model.Change(2)), (2L, model.Change(2).Change(3)) })
        {
            Steps.Add(step, state);
            using var file = ModelFolder.Open(state.Write(PathOf($"{Guid.NewGuid():N}")));
            await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), null, Stop);
        }
    }
}
