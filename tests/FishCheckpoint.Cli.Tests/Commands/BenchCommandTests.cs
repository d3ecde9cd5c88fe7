using System.Text.Json;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Bench;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class BenchCommandTests : CommandTest
{
    [Fact]
    public async Task Bench_OfTwoFiles_CountsEveryByteAndGivesEveryBitBack()
    {
        var changed = Base.Change(1);
        var result = (await BenchAsync(Write(Base, "before"), Write(changed, "after"))).Json<BenchResult>();

        Assert.True(result is { BitExact: true, Synthetic: false, InMemory: true, Rounds: 1 });
        Assert.Equal(
            (Base.Layout.Tensors.Count, Base.Layout.Elements, Base.Layout.Bytes), (result.Tensors, result.Elements, result.ModelBytes));
        Assert.Equal(Changes(changed).Sum(tensor => tensor.Count), result.Changed);
        Assert.Equal(["small", "fast", "index + value", "dense + zstd-1", "dense"], result.Encodings.Select(encoding => encoding.Name));
        Assert.Equal(Changes(changed).Sum(tensor => tensor.Count * (tensor.Unit + 4L)), Of(result, "index + value").Bytes);
        Assert.Equal(Base.Layout.Bytes, Of(result, "dense").Bytes);
        Assert.All(result.Encodings, encoding => Assert.Equal((double)encoding.Bytes / result.Changed, encoding.BytesPerChangedValue));
        Assert.All(result.Encodings, encoding => Assert.Equal((double)result.ModelBytes / encoding.Bytes, encoding.RatioToDense));
        Assert.InRange(Of(result, "small").Bytes, 1, Of(result, "index + value").Bytes);
        Assert.InRange(result.Store.StoredBytes, 1, Of(result, "index + value").Bytes);
    }

    [Fact]
    public async Task Bench_Json_HasItsNames()
    {
        var json = JsonDocument.Parse(
            (await BenchAsync(Write(Base, "before"), Write(Base.Change(1), "after"))).Succeeded().Output).RootElement;
        Assert.Equal(
            ["synthetic", "before", "after", "tensors", "elements", "modelBytes", "changed", "density", "inMemory", "rounds", "bitExact",
            "encodings", "store"],
            json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ["name", "bytes", "bytesPerChangedValue", "ratioToDense", "ratioToDenseZstd", "ratioToIndexAndValue", "encodeBytesPerSecond",
            "decodeBytesPerSecond",
                "encodeSeconds", "decodeSeconds"],
            json.GetProperty("encodings")[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ["folder", "storedBytes", "saveSeconds", "loadSeconds", "allSaveSeconds", "allLoadSeconds"],
            json.GetProperty("store").EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Bench_FoldersAndOtherOrders_AreComparedByName()
    {
        Write(Base, "folder");
        var result = (await BenchAsync(PathOf("folder"), Write(Base.Change(2).Rearranged(), "after"))).Json<BenchResult>();
        Assert.True(result.BitExact);
        Assert.Equal(Changes(Base.Change(2)).Sum(tensor => tensor.Count), result.Changed);
    }

    [Fact]
    public async Task Bench_ModelsTooLargeForMemory_AreReadFromTheirFiles()
    {
        using var output = new StringWriter();
        var terminal = Terminal.Of(output, TextWriter.Null);
        var plan = new BenchPlan((Write(Base, "before"), Write(Base.Change(3), "after")), 2, Folder) { MaxInMemory = 0 };
        var result = await new BenchRun(plan, new FishSettings().ToStoreOptions(), (_, work) => work(_ => { })).RunAsync(Stop);
        BenchTables.Print(terminal, result);

        Assert.True(result is { InMemory: false, BitExact: true });
        Assert.Equal(2, Of(result, "fast").DecodeSeconds!.Count);
        Assert.Contains("the times include reading them", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_NothingChanged_HasNoBytesPerValue()
    {
        var result = (await BenchAsync(Write(Base, "before"), Write(Base, "after"))).Json<BenchResult>();
        Assert.True(result is { BitExact: true, Changed: 0, Density: 0 });
        Assert.All(result.Encodings, encoding => Assert.Null(encoding.BytesPerChangedValue));
    }

    [Fact]
    public async Task Bench_WithoutArguments_IsLabelledSynthetic()
    {
        var text = (await RunAsync("bench", "--rounds", "1", "--temp", Folder)).Succeeded().Output;
        Assert.Contains("A synthetic pair", text, StringComparison.Ordinal);
        Assert.Contains("Every value came back bit for bit.", text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));

        var result = (await RunAsync("bench", "--rounds", "2", "--temp", Folder, "--json")).Json<BenchResult>();
        Assert.True(result is { Synthetic: true, Before: null, BitExact: true, Rounds: 2 });
        Assert.InRange(result.Density, 0.04, 0.06);
        Assert.Equal(2, Of(result, "small").EncodeSeconds!.Count);
        Assert.Equal(2, result.Store.AllSaveSeconds.Count);
        Assert.InRange(result.Store.StoredBytes, 0.9 * Of(result, "small").Bytes, 1.1 * Of(result, "small").Bytes);
    }

    [Fact]
    public async Task Bench_BadInput_IsRefusedWithItsCode()
    {
        var model = Write(Base, "before");
        (await BenchAsync(model, PathOf("none"))).Failed(4, "FILE_NOT_FOUND");
        (await BenchAsync(model, Write(Base.Without("steps"), "less"))).Failed(6, "TENSOR_MISSING steps");
        (await BenchAsync(model, Write(Base.With(new TensorInfo("steps", DType.F64, [])), "other"))).Failed(6, "DTYPE_MISMATCH steps");
        Assert.Equal(2, (await RunAsync("bench", model)).Exit);
        Assert.Equal(2, (await RunAsync("bench", model, model, "--rounds", "0")).Exit);
    }

    private static EncodingResult Of(BenchResult result, string name) => result.Encodings.Single(encoding => encoding.Name == name);

    private Task<Ran> BenchAsync(string before, string after) =>
        RunAsync("bench", before, after, "--rounds", "1", "--temp", Folder, "--json");

    // The plainest way to count them.
    private IEnumerable<(int Unit, long Count)> Changes(TestModel changed) =>
        Base.Layout.Tensors.Select(info => (info.UnitSize, (long)Enumerable.Range(0, (int)info.Units)
        .Count(
            unit => !Base[info.Name].AsSpan(unit * info.UnitSize, info.UnitSize)
            .SequenceEqual(changed[info.Name].AsSpan(unit * info.UnitSize, info.UnitSize)))));
}
