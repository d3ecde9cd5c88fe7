using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Random random = new(7);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_SingleFile_ReadsItsBlocks()
    {
        var model = MemoryModel.Random(random, new TensorInfo("a", DType.U8, [Blocks.Size + 5]), new TensorInfo("b", DType.F32, [3]));
        Headers.Write(folder["any.name"], model);
        using var opened = ModelFolder.Open(folder["any.name"]);

        AssertReads(model, opened);
        Assert.Equal("model.safetensors", opened.Files.Files[0].Name);
        Assert.Equal([folder["any.name"]], opened.Paths);
        Assert.Empty(opened.SideFiles);
    }

    [Fact]
    public void Open_ShardedFolder_ReadsAllShards()
    {
        var model = WriteShards();
        using var opened = ModelFolder.Open(folder.Path);

        AssertReads(model, opened);
        Assert.Equal([folder["1.safetensors"], folder["2.safetensors"]], opened.Paths);
        Assert.Equal([folder["config.json"], folder[ShardIndex.FileName]], opened.SideFiles.Select(file => file.Path));
    }

    [Fact]
    public void Open_IndexNamesAMissingTensor_IsShardIndexInvalid() => AssertRefused("\"b\"", "\"missing\"");

    [Fact]
    public void Open_IndexNamesTheWrongFile_IsShardIndexInvalid() => AssertRefused("2.safetensors", "1.safetensors");

    [Fact]
    public void Open_TensorInTwoShards_IsShardIndexInvalid()
    {
        WriteShards();
        File.Delete(folder[ShardIndex.FileName]);
        File.Copy(folder["1.safetensors"], folder["3.safetensors"]);

        Refused.With(ErrorCode.ShardIndexInvalid, () => ModelFolder.Open(folder.Path));
    }

    [Fact]
    public void Open_ShardMissing_IsShardIndexInvalid()
    {
        WriteShards();
        File.Delete(folder["2.safetensors"]);

        Refused.With(ErrorCode.ShardIndexInvalid, () => ModelFolder.Open(folder.Path));
    }

    [Fact]
    public void Open_DamagedShard_SaysWhich()
    {
        WriteShards();
        File.WriteAllBytes(folder["2.safetensors"], [1, 2, 3]);

        Assert.Contains("2.safetensors", Refused.With(ErrorCode.HeaderTruncated, () => ModelFolder.Open(folder.Path)).Key);
    }

    [Fact]
    public void Open_FolderWithoutModel_IsFileNotFound() => Refused.With(ErrorCode.FileNotFound, () => ModelFolder.Open(folder.Path));

    [Fact]
    public void Open_MissingPath_IsFileNotFound() => Refused.With(ErrorCode.FileNotFound, () => ModelFolder.Open(folder["missing"]));

    [Fact]
    public void Open_HiddenFilesAndFolders_AreLeftAlone()
    {
        WriteShards();
        File.WriteAllBytes(folder[".hidden.safetensors"], [1]);
        Directory.CreateDirectory(folder["inner.safetensors"]);
        using var opened = ModelFolder.Open(folder.Path);

        Assert.Equal(2, opened.Files.Files.Count);
    }

    private void AssertRefused(string text, string instead)
    {
        WriteShards();
        File.WriteAllText(
            folder[ShardIndex.FileName], File.ReadAllText(folder[ShardIndex.FileName]).Replace(text, instead, StringComparison.Ordinal));
        Refused.With(ErrorCode.ShardIndexInvalid, () => ModelFolder.Open(folder.Path));
    }

    private MemoryModel WriteShards()
    {
        TensorInfo[] tensors = [new("a", DType.F32, [3]), new("b", DType.U8, [5]), new("c", DType.F64, [2])];
        var model = MemoryModel.Random(random, tensors);
        Headers.Write(folder["1.safetensors"], new MemoryModel(new Layout(tensors[..2]), model.Tensors[..2]));
        Headers.Write(folder["2.safetensors"], new MemoryModel(new Layout(tensors[2..]), model.Tensors[2..]));
        File.WriteAllText(folder["config.json"], "{}");
        using var opened = ModelFolder.Open(folder.Path);
        File.WriteAllBytes(folder[ShardIndex.FileName], ShardIndex.Create(opened.Files));
        return model;
    }

    private static void AssertReads(MemoryModel expected, ModelFolder opened)
    {
        Assert.Equal(expected.Layout.Id, opened.Layout.Id);
        for (var tensor = 0; tensor < expected.Tensors.Length; tensor++)
        {
            var bytes = new List<byte>();
            for (var block = 0L; block < Blocks.CountOf(opened.Layout.Tensors[tensor]); block++)
            {
                var part = new byte[Blocks.LengthOf(opened.Layout.Tensors[tensor], block)];
                opened.ReadBlock(tensor, block, part);
                bytes.AddRange(part);
            }

            Assert.Equal(expected.Tensors[tensor], bytes.ToArray());
        }
    }
}
