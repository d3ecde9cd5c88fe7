using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class ModelFilesTests
{
    [Fact]
    public void Constructor_FilesInAnyOrder_AreOrderedByName()
    {
        var model = new ModelFiles([File("2.safetensors", "c"), File("1.safetensors", "z", "a")]);

        Assert.Equal(["1.safetensors", "2.safetensors"], model.Files.Select(file => file.Name));
        Assert.Equal(["z", "a", "c"], model.Layout.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([new TensorPlace(0, 0), new TensorPlace(0, 4), new TensorPlace(1, 0)], Enumerable.Range(0, 3).Select(model.PlaceOf));
    }

    [Fact]
    public void Constructor_TensorInTwoFiles_IsShardIndexInvalid() => Refused.With(
        ErrorCode.ShardIndexInvalid, () => new ModelFiles([File("1.safetensors", "a"), File("2.safetensors", "b", "a")]));

    [Fact]
    public void Single_Header_HasTheUsualName() =>
        Assert.Equal("model.safetensors", Assert.Single(ModelFiles.Single(File("x", "a").Header).Files).Name);

    private static ModelFile File(string name, params string[] tensors) =>
        new(name, HeaderWriter.Create(tensors.Select(tensor => new TensorInfo(tensor, DType.F32, [1]))));
}
