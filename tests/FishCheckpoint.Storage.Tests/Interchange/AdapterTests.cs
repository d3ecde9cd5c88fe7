using System.Buffers.Binary;
using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange;
using FishCheckpoint.Interchange.Export;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>
/// Differences as other systems write them, and what PyTorch makes of a base and them (tests/python/torchfiles/write_adapters.py).
/// </summary>
public sealed class AdapterTests : InterchangeTest
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Interchange", "Golden", "adapters");

    private static readonly string[] Parameters =
        ["embed.weight", "layer.weight", "layer.bias", "half.weight", "wide.weight", "conv.weight"];

    [Theory]
    [InlineData(InterchangeFormat.FishDiff, "fish-diff")]
    [InlineData(InterchangeFormat.LtSft, "lt-sft")]
    [InlineData(InterchangeFormat.Shira, "shira")]
    public async Task Import_DifferencesOfAnotherWriter_AreWhatPyTorchMakesOfThem(InterchangeFormat format, string folder)
    {
        await AddGoldenAsync();

        var report = await ImportAsync(Store, format, "", options => options with { Folder = Path.Combine(Golden, folder) });

        Assert.Equal([1L, 2L], report.Versions.Select(version => version.Step));
        foreach (var step in new[] { 1L, 2L })
        {
            Assert.Equal(BytesOf(Path.Combine("expected", $"{folder}-{step}.pt")), await Store.RestoreAsync("task", step));
        }

        Assert.Equal(0, (await ImportAsync(Store, format, "", options => options with { Folder = Path.Combine(Golden, folder) })).Saved);
        await ImportAsync(
            Store, format, "",
            options => options with { Folder = Path.Combine(Golden, folder, "checkpoint-2"), Task = "one", Base = "base" });
        Assert.Equal(2, (await Store.Checkpoints.GetAsync("one", StepRef.Latest, Stop)).Step);
    }

    [Fact]
    public async Task FishDiff_OrderThatIsNotGiven_IsRefusedUntilItIs()
    {
        await AddGoldenAsync(sorted: true);
        var folder = Path.Combine(Golden, "fish-diff", "checkpoint-1");

        var error = await RefusedAsync(ErrorCode.RequestInvalid, InterchangeFormat.FishDiff, folder);
        Assert.Contains("--parameters", error.Hint, StringComparison.Ordinal);
        await RefusedAsync(ErrorCode.LayoutMismatch, InterchangeFormat.FishDiff, folder, Parameters[1..]);
        await RefusedAsync(ErrorCode.RequestInvalid, InterchangeFormat.FishDiff, folder, [.. Parameters[..5], "embed.weight"]);
        await RefusedAsync(ErrorCode.TensorUnknown, InterchangeFormat.FishDiff, folder, [.. Parameters[..5], "conv.bias"]);
        Assert.EndsWith(
            "embed.weight",
            (await RefusedAsync(
                ErrorCode.DtypeMismatch, InterchangeFormat.FishDiff, folder, [Parameters[1], Parameters[0], .. Parameters[2..]])).Key,
                StringComparison.Ordinal);
        await ImportAsync(Store, InterchangeFormat.FishDiff, "", options => options with { Folder = folder, Parameters = Parameters });

        using var expected = TorchModel.Open(Path.Combine(Golden, "expected", "fish-diff-1.pt"));
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop);
        for (var index = 0; index < expected.Header.Tensors.Count; index++)
        {
            var bytes = new byte[expected.Header.Tensors[index].Info.Bytes];
            expected.ReadTensor(index, 0, bytes);
            Assert.Equal(bytes, await ReadAsync(reader, expected.Header.Tensors[index].Info.Name));
        }
    }

    [Theory]
    [InlineData(InterchangeFormat.FishDiff, "fish-diff", "diff.torch")]
    [InlineData(InterchangeFormat.LtSft, "lt-sft", "pytorch_diff.bin")]
    public async Task Import_DamagedFile_IsRefusedAndNothingSaved(InterchangeFormat format, string folder, string file)
    {
        await AddGoldenAsync();
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Golden, folder, "checkpoint-1", file), Stop);
        var place = Directory.CreateDirectory(Path.Combine(PathOf("damaged"), "checkpoint-1")).FullName;
        for (var at = 40; at < bytes.Length; at += bytes.Length / 40)
        {
            bytes[at] ^= 4;
            await File.WriteAllBytesAsync(Path.Combine(place, file), bytes, Stop);
            bytes[at] ^= 4;
            try
            {
                await ImportAsync(Store, format, "damaged");
                Assert.Equal(BytesOf(Path.Combine("expected", $"{folder}-1.pt")), await Store.RestoreAsync("task", 1));
                await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
            }
            catch (FishException error)
            {
                Assert.NotEmpty(error.Cause);
                Assert.Empty(await StepsOfAsync(Store.Checkpoints));
            }
        }
    }

    [Fact]
    public async Task Shira_AdapterThatDoesNotFit_SaysWhere()
    {
        await AddGoldenAsync();
        var place = Directory.CreateDirectory(PathOf("adapter")).FullName;
        async Task<FishException> With(ErrorCode code, string config, params (TensorInfo Info, byte[] Data)[] tensors)
        {
            await File.WriteAllTextAsync(Path.Combine(place, "adapter_config.json"), config, Stop);
            await File.WriteAllBytesAsync(Path.Combine(place, "adapter_model.safetensors"), TestModel.Patch(null, tensors), Stop);
            return await RefusedAsync(code, InterchangeFormat.Shira, place);
        }

        const string config = """{"peft_type":"SHIRA"}""";
        (TensorInfo, byte[]) Places(string module, params int[] places) =>
            (new TensorInfo($"base_model.model.{module}.shira_indices", DType.I32, [2, places.Length / 2]),
            [.. places.SelectMany(BitConverter.GetBytes)]);
        (TensorInfo, byte[]) Values(string module, int count) =>
            (new TensorInfo($"base_model.model.{module}.shira_weight", DType.F32, [count]), new byte[count * 4]);
        Assert.Contains(
            "'LORA'", (await With(ErrorCode.VersionInvalid, """{"peft_type":"LORA"}""", Values("embed", 1))).Cause,
            StringComparison.Ordinal);
        await With(ErrorCode.VersionInvalid, "{}", Values("embed", 1));
        await With(ErrorCode.PatchInvalid, config, Values("embed", 1));
        await With(ErrorCode.PatchInvalid, config, Places("embed", 0, 0));
        await With(ErrorCode.PatchInvalid, config, Places("embed", 0, 0), Values("embed", 2));
        Assert.Contains(
            "[9, 0]", (await With(ErrorCode.IndexOutOfRange, config, Places("embed", 9, 0), Values("embed", 1))).Cause,
            StringComparison.Ordinal);
        Assert.Contains(
            "[0, -1]", (await With(ErrorCode.IndexOutOfRange, config, Places("embed", 0, -1), Values("embed", 1))).Cause,
            StringComparison.Ordinal);
        await With(ErrorCode.IndexRepeated, config, Places("embed", 1, 1, 2, 2), Values("embed", 2));
        await With(ErrorCode.ShapeMismatch, config, Places("conv", 0, 0), Values("conv", 1));
        Assert.EndsWith(
            "head.weight", (await With(ErrorCode.TensorUnknown, config, Places("head", 0, 0), Values("head", 1))).Key,
            StringComparison.Ordinal);
        await With(ErrorCode.DtypeMismatch, config, (new TensorInfo("base_model.model.layer.bias", DType.F16, [6]), new byte[12]));
        await With(ErrorCode.ShapeMismatch, config, (new TensorInfo("base_model.model.layer.bias", DType.F32, [5]), new byte[20]));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    [InlineData(DType.F64)]
    public async Task Shira_ThereAndBack_IsTheSame(DType type)
    {
        var model = Floats(
            TestModel.Create(5, null, new TensorInfo("a.b.weight", type, [40, 70]), new TensorInfo("a.c.weight", type, [50, 30]),
            new TensorInfo("bias", type, [9])), 1);
        var (first, second) = (Nudge(model, 2, 300, "a.b.weight"), Nudge(Nudge(model, 3, 120, "a.b.weight"), 4, 500, "a.c.weight"));
        await PrepareAsync(model, (100, first), (200, second));

        var report = await ExportAsync(InterchangeFormat.Shira, "adapters");
        Assert.Equal([("100", false), ("200", false)], report.Versions.Select(version => (version.Version, version.Full)));
        Assert.Equal(0, (await ExportAsync(InterchangeFormat.Shira, "adapters", options => options with { From = null })).Written);

        var other = await OpenAsync();
        await PrepareAsync(other);
        await ImportAsync(other, InterchangeFormat.Shira, "adapters");
        await AssertSameAsync(other);

        // As PEFT wants it: one rank, and of each module r (rows + columns) elements.
        var config = JsonNode.Parse(
            await File.ReadAllBytesAsync(Path.Combine(PathOf("adapters"), "checkpoint-200", "adapter_config.json"), Stop))!;
        Assert.Equal(7, config["r"]!.GetValue<int>());
        using var file = SafetensorsFile.Open(Path.Combine(PathOf("adapters"), "checkpoint-200", "adapter_model.safetensors"));
        Assert.Equal(
            ["base_model.model.a.b.shira_indices [2, 770]", "base_model.model.a.b.shira_weight [770]",
            "base_model.model.a.c.shira_indices [2, 560]", "base_model.model.a.c.shira_weight [560]"],
            file.Header.Tensors.Select(tensor => $"{tensor.Info.Name} {TensorInfo.ShapeText(tensor.Info.Shape)}"));
    }

    [Fact]
    public async Task Shira_StateThatNoAdapterGives_IsRefusedAndNothingWritten()
    {
        var model = Floats(
            TestModel.Create(5, null, new TensorInfo("a.weight", DType.F32, [6, 5]), new TensorInfo("a.bias", DType.F32, [9]),
            new TensorInfo("ids.weight", DType.I32, [4, 4])), 1);
        await PrepareAsync(model);
        var step = 0;
        async Task<FishException> With(ErrorCode code, string tensor, int at, float value)
        {
            var changed = model.Copy();
            BinaryPrimitives.WriteSingleLittleEndian(changed[tensor].AsSpan(at * 4), value);
            using var file = ModelFolder.Open(changed.Write(PathOf($"{++step}")));
            await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), null, Stop);
            var options = new ExportOptions
            {
                Format = InterchangeFormat.Shira, Folder = PathOf("refused"), Task = "task", From = StepRef.At(step), To = StepRef.At(step),
            };
            var error = await Assert.ThrowsAsync<FishException>(() => VersionExporter.ExportAsync(Store, options, cancellation: Stop));
            Assert.Equal((code, $"{step}: {tensor}"), (error.Code, error.Key));
            Assert.Empty(Directory.EnumerateFileSystemEntries(PathOf("refused")));
            return error;
        }

        Assert.Contains("as at 7", (await With(ErrorCode.VersionInvalid, "a.bias", 7, 3)).Cause, StringComparison.Ordinal);
        Assert.Contains("as at 3", (await With(ErrorCode.DtypeMismatch, "ids.weight", 3, 3)).Cause, StringComparison.Ordinal);
        Assert.Contains(" at 29 ", (await With(ErrorCode.VersionInvalid, "a.weight", 29, float.NaN)).Cause, StringComparison.Ordinal);
        Assert.Contains(" at 0 ", (await With(ErrorCode.VersionInvalid, "a.weight", 0, 1e-30f)).Cause, StringComparison.Ordinal);
        await RefusedExportAsync(ErrorCode.RequestInvalid, options => options with { FullEvery = 2 });
        await RefusedExportAsync(ErrorCode.RequestInvalid, options => options with { Encoding = "xor" });
        await RefusedExportAsync(ErrorCode.RequestInvalid, options => options with { Format = InterchangeFormat.LtSft });
    }

    private static TestModel Floats(TestModel model, int seed) =>
        Nudge(model, seed, null, [.. model.Layout.Tensors.Where(tensor => tensor.Type != DType.I32).Select(tensor => tensor.Name)]);

    // Ordinary numbers: all new, or some moved as training does, by less than they are.
    private static TestModel Nudge(TestModel model, int seed, int? count, params string[] tensors)
    {
        var (copy, random) = (model.Copy(), new Random(seed));
        foreach (var tensor in model.Layout.Tensors.Where(tensor => tensors.Contains(tensor.Name)))
        {
            int[] places = count is { } some ? [.. Enumerable.Range(0, (int)tensor.Elements).OrderBy(_ => random.Next()).Take(some)]
                : [.. Enumerable.Range(0, (int)tensor.Elements)];
            foreach (var place in places)
            {
                var value = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-3, 3));
                var element = copy[tensor.Name].AsSpan(place * tensor.UnitSize, tensor.UnitSize);
                double Moved(double old) => count is null ? value : old * (1 + (value / 10));
                switch (tensor.Type)
                {
                    case DType.F64: BinaryPrimitives.WriteDoubleLittleEndian(
                        element, Moved(BinaryPrimitives.ReadDoubleLittleEndian(element))); break;
                    case DType.F32: BinaryPrimitives.WriteSingleLittleEndian(
                        element, (float)Moved(BinaryPrimitives.ReadSingleLittleEndian(element))); break;
                    case DType.F16: BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value); break;
                    default: BinaryPrimitives.WriteUInt16LittleEndian(
                        element, (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16)); break;
                }
            }
        }

        return copy;
    }

    private static async Task<byte[]> ReadAsync(IModelReader reader, string tensor)
    {
        using var bytes = new MemoryStream();
        var pipe = System.IO.Pipelines.PipeWriter.Create(bytes);
        await reader.CopyTensorAsync(tensor, pipe, Stop);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }

    private static byte[] BytesOf(string file)
    {
        using var model = TorchModel.Open(Path.Combine(Golden, file));
        using var stream = model.AsStream();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private async Task AddGoldenAsync(bool sorted = false)
    {
        var bytes = BytesOf("base.pt");
        if (sorted)
        {
            var length = HeaderParser.ReadLength(bytes, bytes.Length, "base");
            var header = HeaderParser.Parse(bytes.AsMemory(8, length), "base");
            (TensorInfo, byte[])[] tensors =
                [.. header.Tensors.OrderByDescending(tensor => tensor.Info.Type).ThenBy(tensor => tensor.Info.Name, StringComparer.Ordinal)
                .Select(tensor => (tensor.Info, bytes[(int)(header.DataStart + tensor.Begin)..(int)(header.DataStart + tensor.End)]))];
            bytes = TestModel.Patch(null, tensors);
        }

        await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(bytes)), Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
    }

    private async Task<FishException> RefusedAsync(ErrorCode code, InterchangeFormat format, string folder, string[]? parameters = null)
    {
        var error = await Assert.ThrowsAsync<FishException>(
            () => ImportAsync(Store, format, "", options => options with { Folder = folder, Parameters = parameters }));
        Assert.True(code == error.Code, error.Message);
        Assert.Empty(await StepsOfAsync(Store.Checkpoints));
        return error;
    }

    private async Task RefusedExportAsync(ErrorCode code, Func<ExportOptions, ExportOptions> change)
    {
        var options = new ExportOptions
        {
            Format = InterchangeFormat.Shira, Folder = PathOf("refused"), Task = "task", From = null, To = StepRef.Latest,
        };
        Assert.Equal(
            code,
            (await Assert.ThrowsAsync<FishException>(() => VersionExporter.ExportAsync(Store, change(options), cancellation: Stop))).Code);
    }
}
