using System.Text;
using System.Text.Json;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class ShardIndexTests
{
    private static readonly ModelFiles Model = new(
    [
        new ModelFile("1.safetensors", HeaderWriter.Create([new TensorInfo("b", DType.F32, [2]), new TensorInfo("é", DType.U8, [3])])),
        new ModelFile("2.safetensors", HeaderWriter.Create([new TensorInfo("a", DType.F32, [1])])),
    ]);

    [Fact]
    public void Create_Model_PassesItsOwnCheck()
    {
        var json = ShardIndex.Create(Model);
        ShardIndex.Check(json, Model);

        using var document = JsonDocument.Parse(json);
        Assert.Equal(15, document.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal(["a", "b", "é"], document.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Name));
    }

    [Theory]
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors"}}""")] // a tensor is not named
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors","a":"1.safetensors"}}""")] // the wrong file
    // names one too many
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors","a":"2.safetensors","c":"2.safetensors"}}""")]
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors","a":"../2.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"2.safetensors","a":"2.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":2}}""")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{"metadata":{}}""")]
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors","a":"2.safetensors"}} x""")] // something follows
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors","a":"2.safetensors"}}{}""")]
    [InlineData("""{"weight_map":{"b":"1.safetensors","é":"1.safetensors","a":"2.safetensors"},"weight_map":"""
        + """{"b":"1.safetensors","é":"1.safetensors","a":"2.safetensors"}}""")]
    [InlineData("""{"weight_map":null}""")]
    [InlineData("""{"weight_map":{"b":null}}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"weight_map":{"\ud800":"1.safetensors"}}""")]
    public void Check_IndexThatDoesNotFit_IsShardIndexInvalid(string json) =>
        Refused.With(ErrorCode.ShardIndexInvalid, () => ShardIndex.Check(Encoding.UTF8.GetBytes(json), Model));

    [Fact]
    public void CheckFile_IndexLongerThanTheLimit_IsTooLargeBeforeItIsRead()
    {
        using var folder = new TemporaryFolder();
        var json = ShardIndex.Create(Model);
        File.WriteAllBytes(folder[ShardIndex.FileName], json);

        ShardIndex.CheckFile(folder[ShardIndex.FileName], Model, json.Length);
        Refused.With(ErrorCode.TooLarge, () => ShardIndex.CheckFile(folder[ShardIndex.FileName], Model, json.Length - 1));
    }

    [Fact]
    public void Check_IndexOfManyNames_TakesNoMemoryForThem()
    {
        var names = string.Join(',', Enumerable.Range(0, 200_000).Select(name => $"\"{name}\":\"\""));
        var json = Encoding.UTF8.GetBytes("{\"weight_map\":{" + names + "}}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refused.With(ErrorCode.ShardIndexInvalid, () => ShardIndex.Check(json, Model));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
