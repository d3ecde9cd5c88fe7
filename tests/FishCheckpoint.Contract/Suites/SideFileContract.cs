using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>A checkpoint keeps its own side files: they are served in the place of the base's, and are part of its content.</summary>
public class SideFileContract : CheckpointStoreContract
{
    [Fact]
    public async Task Save_FolderWithSideFiles_ServesItsOwnBeforeTheBases()
    {
        await PutSidedAsync();
        var saved = await SaveSidedAsync(1, Base.Change(1), ("config.json", "own"), ("vocab/words.txt", "a"), ("empty.txt", ""));
        Assert.NotNull(saved.Value.SideFiles);
        Assert.InRange(saved.Value.SideBytes, 1, 10_000);
        Assert.Equal(0, saved.Value.TrainerStateBytes);
        Assert.Equal(saved.Value.SideBytes + saved.Value.ValueBytes + saved.Value.PositionBytes, saved.Value.StoredBytes);
        await ExpectAsync(1, ("config.json", "own"), ("empty.txt", ""), ("tokenizer.json", "base's"), ("vocab/words.txt", "a"));

        // Saved without, a checkpoint has the base's.
        await SaveFullAsync(2, Base.Change(2), task: "sided");
        await ExpectAsync(2, ("config.json", "base's"), ("tokenizer.json", "base's"));
        Assert.Null((await Store.Checkpoints.GetAsync("sided", StepRef.At(2), Stop)).SideFiles);
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("sided", StepRef.At(1), Stop)).Sound);
    }

    [Fact]
    public async Task Save_SideFilesWithOtherForms_AreKept()
    {
        await PutSidedAsync();
        var options = new SaveOptions { SideFiles = Files(("config.json", "patched"), ("README.md", new string('x', 300_000))) };
        await SavePatchAsync(1, Base.Change(1).PatchAgainst(Base), options, "sided");
        await ExpectAsync(1, ("README.md", new string('x', 300_000)), ("config.json", "patched"), ("tokenizer.json", "base's"));
        await using var reader = await Store.States.OpenAsync("sided", StepRef.At(1), Stop);
        Assert.Equal("xxx", System.Text.Encoding.UTF8.GetString(await reader.ReadAsync("README.md", 299_990, 3)));
    }

    [Fact]
    public async Task Save_Again_ComparesTheSideFilesThatCame()
    {
        await PutSidedAsync();
        var model = Base.Change(1);
        Assert.True((await SaveSidedAsync(1, model, ("config.json", "own"))).Created);
        Assert.False((await SaveSidedAsync(1, model, ("config.json", "own"))).Created);
        Assert.False((await SaveFullAsync(1, model, task: "sided")).Created);

        // What the base has anyway is no difference.
        Assert.False((await SaveSidedAsync(1, model, ("config.json", "own"), ("tokenizer.json", "base's"))).Created);
        var error = await RefusedAsync(ErrorCode.StepTaken, () => SaveSidedAsync(1, model, ("config.json", "other")));
        Assert.Contains("config.json", error.Cause, StringComparison.Ordinal);
        await RefusedAsync(ErrorCode.StepTaken, () => SaveSidedAsync(1, model, ("config.json", "own"), ("more.txt", "m")));
        await ExpectAsync(1, ("config.json", "own"), ("tokenizer.json", "base's"));

        await SaveFullAsync(2, model, task: "sided");
        Assert.False((await SaveSidedAsync(2, model, ("config.json", "base's"))).Created);
        await RefusedAsync(ErrorCode.StepTaken, () => SaveSidedAsync(2, model, ("config.json", "own")));
    }

    [Fact]
    public async Task Save_SameFilesInManySteps_CostOnce()
    {
        await PutSidedAsync();
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(number => $"{number * 7919 % 10_007:x} "));
        var first = await SaveSidedAsync(1, Base.Change(1), ("tokenizer.json", text));
        var second = await SaveSidedAsync(2, Base.Change(2), ("tokenizer.json", text), ("copy.json", text));
        Assert.InRange(first.Value.SideBytes, 10_000, long.MaxValue);
        Assert.Equal(0, second.Value.SideBytes);

        // The other one accounts for it when the first goes.
        await Store.Checkpoints.DeleteAsync("sided", StepRef.At(1), Stop);
        await ExpectAsync(2, ("config.json", "base's"), ("copy.json", text), ("tokenizer.json", text));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("sided", StepRef.At(2), Stop)).Sound);
    }

    [Fact]
    public async Task Save_KnownSideFiles_AreThoseThatTheTaskOrItsBaseHas()
    {
        await PutSidedAsync();
        await SaveSidedAsync(1, Base.Change(1), ("vocab.txt", "words"), ("gone.txt", "g"));
        var options = new SaveOptions { KnownSideFiles = Known(("vocab.txt", "words"), ("tokenizer.json", "base's"), ("copy.txt", "g")) };
        var saved = await SavePatchAsync(2, Base.Change(2).PatchAgainst(Base), options, "sided");
        Assert.Equal(0, saved.Value.SideBytes);
        await ExpectAsync(2, ("config.json", "base's"), ("copy.txt", "g"), ("tokenizer.json", "base's"), ("vocab.txt", "words"));
        Assert.False((await SavePatchAsync(2, Base.Change(2).PatchAgainst(Base), options, "sided")).Created);

        // With the bytes of others.
        await SavePatchAsync(3, Base.Change(3).PatchAgainst(Base),
            new SaveOptions { KnownSideFiles = Known(("vocab.txt", "words")), SideFiles = Files(("config.json", "own")) }, "sided");
        await ExpectAsync(3, ("config.json", "own"), ("tokenizer.json", "base's"), ("vocab.txt", "words"));

        // Only of the task itself; and none that went with its last checkpoint.
        await Store.Tasks.PutAsync("another", new TaskSpec("sided"), Stop);
        var refused = await RefusedAsync(
            ErrorCode.SideFileUnknown,
            () => SavePatchAsync(1, Base.Change(1).PatchAgainst(Base), new SaveOptions { KnownSideFiles = Known(("vocab.txt", "words")) },
                "another"));
        Assert.Equal("vocab.txt", refused.Key);
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("another", StepRef.At(1), Stop));
        await RefusedAsync(
            ErrorCode.SideFileUnknown,
            () => SavePatchAsync(4, Base.Change(4).PatchAgainst(Base), new SaveOptions { KnownSideFiles = Known(("vocab.txt", "other")) },
                "sided"));
        await RefusedAsync(
            ErrorCode.NameInvalid,
            () => SavePatchAsync(4, Base.Change(4).PatchAgainst(Base),
                new SaveOptions { KnownSideFiles = Known(("../vocab.txt", "words")) }, "sided"));
        await RefusedAsync(
            ErrorCode.NameInvalid,
            () => SavePatchAsync(
                4, Base.Change(4).PatchAgainst(Base),
                new SaveOptions { KnownSideFiles = Known(("a.txt", "g")), SideFiles = Files(("a.txt", "g")) }, "sided"));
    }

    [Fact]
    public async Task Save_SameFileUnderAnotherNameTaskOrBase_CostsOnce()
    {
        await PutSidedAsync();
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(number => $"{number * 7919 % 10_007:x} "));
        Assert.InRange((await SaveSidedAsync(1, Base.Change(1), ("vocab.txt", text))).Value.SideBytes, 10_000, long.MaxValue);
        await Store.Bases.AddAsync("second", ModelUpload.FromStream(new MemoryStream(Base.Change(9).ToBytes())), Stop);
        await Store.Tasks.PutAsync("second", new TaskSpec("second"), Stop);
        var saved = await SavePatchAsync(1, Base.Change(1).PatchAgainst(Base.Change(9)),
            new SaveOptions { SideFiles = Files(("sub/words.txt", text)) }, "second");
        Assert.Equal(0, saved.Value.SideBytes);
    }

    [Theory]
    [InlineData("../escape.txt")]
    [InlineData("/absolute.txt")]
    [InlineData(".hidden")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("model.safetensors")]
    [InlineData("other.safetensors")]
    public async Task Save_SideFileOfABadName_IsRefusedAndStoresNothing(string name)
    {
        await PutSidedAsync();
        var path = Path.Combine(Folder, "side");
        await File.WriteAllTextAsync(path, "x", Stop);
        await RefusedAsync(
            ErrorCode.NameInvalid,
            () => SavePatchAsync(1, Base.Change(1).PatchAgainst(Base), new SaveOptions { SideFiles = [new SideFile(name, path)] },
                "sided"));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("sided", StepRef.At(1), Stop));
    }

    [Fact]
    public async Task Save_SideFileThatIsGone_IsBlamed()
    {
        await PutSidedAsync();
        var error = await RefusedAsync(ErrorCode.FileNotFound, () => SavePatchAsync(
            1, Base.Change(1).PatchAgainst(Base),
            new SaveOptions { SideFiles = [new SideFile("config.json", Path.Combine(Folder, "gone"))] }, "sided"));
        Assert.Contains("gone", error.Key, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shorter")]
    [InlineData("other")]
    public async Task Save_WeightsThatChangeWhileTheyAreRead_AreBlamedOrSavedAsTheyAre(string how)
    {
        var (model, changed) = (TestModel.Create(5, null, new TensorInfo("w", DType.F32, [3, 1 << 18])),
            TestModel.Create(6, null, new TensorInfo("w", DType.F32, [3, 1 << 18])));
        await Store.Bases.AddAsync("wide", ModelUpload.FromStream(
            new MemoryStream(TestModel.Create(4, null, new TensorInfo("w", DType.F32, [3, 1 << 18])).ToBytes())), Stop);
        await Store.Tasks.PutAsync("wide", new TaskSpec("wide"), Stop);
        var folder = Path.Combine(Folder, "changing");
        var path = model.Write(folder);
        using var opened = ModelFolder.Open(folder);
        var blocks = 0;
        opened.WhenRead = _ =>
        {
            if (Interlocked.Increment(ref blocks) == 1)
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                if (how == "shorter")
                {
                    file.SetLength(1 << 20);
                }
                else
                {
                    file.Write(changed.ToBytes());
                }
            }
        };
        var save = () => Store.Checkpoints.SaveAsync("wide", 1, new CheckpointContent.Full(opened), null, Stop);
        if (how == "shorter")
        {
            var error = await Assert.ThrowsAsync<FishException>(save);
            Assert.Contains("model.safetensors", $"{error.Key} {error.Cause}", StringComparison.Ordinal);
            Assert.Equal(ErrorCode.BodyTruncated, error.Code);
            await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("wide", StepRef.At(1), Stop));
        }
        else
        {
            // Which of the two each block is of, nobody can say; what is stored is whole all the same.
            await save();
        }

        await SaveFullAsync(2, model, task: "wide");
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("wide", 2));
        Assert.All((await Store.Checkpoints.ListAsync("wide", new PageRequest(), Stop).ReadPageAsync()).Items, info =>
            Assert.True(Store.Maintenance.VerifyCheckpointAsync("wide", StepRef.At(info.Step), Stop).Result.Sound));
    }

    [Fact]
    public async Task AddBase_FileThatBecomesShorterWhileItIsRead_IsRefusedAndNothingIsStored()
    {
        async IAsyncEnumerable<UploadFile> Files()
        {
            foreach (var number in new[] { 1, 2 })
            {
                var path = TestModel.Create(number, null, new TensorInfo($"w{number}", DType.F32, [1000]))
                    .Write(Path.Combine(Folder, "shrinking"), $"model-0000{number}-of-00002.safetensors");
                await using var content = number == 1 ? File.OpenRead(path) : new Shrinking(path);
                yield return new UploadFile(Path.GetFileName(path), content);
            }
        }

        var error = await Assert.ThrowsAsync<FishException>(() => Store.Bases.AddAsync("shrinking", Files(), Stop));
        Assert.Contains("model-00002-of-00002.safetensors", $"{error.Key} {error.Cause}", StringComparison.Ordinal);
        await RefusedAsync(ErrorCode.BaseNotFound, () => Store.Bases.GetAsync("shrinking", Stop));
    }

    [Theory]
    [InlineData("model-00002-of-00002.safetensors")]
    [InlineData("config.json")]
    [InlineData("sub/vocab.txt")]
    public async Task Upload_FileThatVanishesBetweenListingAndReading_IsBlamedAndNothingIsStored(string name)
    {
        var folder = Path.Combine(Folder, "vanishing");
        TestModel.Create(1, null, new TensorInfo("a", DType.F32, [8])).Write(folder, "model-00001-of-00002.safetensors");
        TestModel.Create(1, null, new TensorInfo("b", DType.F32, [8])).Write(folder, "model-00002-of-00002.safetensors");
        Write(folder, ("config.json", "{}"), ("sub/vocab.txt", "words"));
        var contents = FolderContents.Read(folder);
        var model = ModelFolder.Open(folder);
        File.Delete(Path.Combine(folder, name));
        var added = await RefusedAsync(ErrorCode.FileNotFound, () =>
            Store.Bases.AddAsync("vanishing", ModelUpload.FromContents(contents), Stop));
        Assert.EndsWith(name, added.Key.Replace('\\', '/'), StringComparison.Ordinal);
        await RefusedAsync(ErrorCode.BaseNotFound, () => Store.Bases.GetAsync("vanishing", Stop));

        // The weights of a model that is open are still there, on systems that can delete open files; its side files are not.
        if (!ModelFiles.IsName(name))
        {
            await Store.Bases.AddAsync("pair", ModelUpload.FromContents(FolderContents.Read(folder)), Stop);
            await Store.Tasks.PutAsync("pair", new TaskSpec("pair"), Stop);
            var saved = await RefusedAsync(ErrorCode.FileNotFound, () =>
                Store.Checkpoints.SaveAsync("pair", 1, new CheckpointContent.Full(model), null, Stop));
            Assert.EndsWith(name, saved.Key.Replace('\\', '/'), StringComparison.Ordinal);
            await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("pair", StepRef.At(1), Stop));
        }

        model.Dispose();
    }

    [Fact]
    public async Task AddBase_FolderOfManyKinds_KeepsSubFoldersAndSaysTheRest()
    {
        var folder = Path.Combine(Folder, "kinds");
        Base.Write(folder);
        Write(folder, ("1_Pooling/config.json", "{}"), ("__init__.py", ""), ("optimizer.pt", "o"), ("onnx/model.onnx", "x"));
        var added = await Store.Bases.AddAsync("kinds", All(folder), Stop);
        Assert.Equal(["1_Pooling/config.json", "__init__.py", "model.safetensors"], added.Value.Files.Select(file => file.Name));
        Assert.Equal(["onnx/", "optimizer.pt"], added.Value.LeftOut!.Select(file => file.Name));
        await using var reader = await Store.Bases.OpenAsync("kinds", Stop);
        Assert.Equal("{}", System.Text.Encoding.UTF8.GetString(await reader.ReadAsync("1_Pooling/config.json")));
        Assert.Null((await Store.Bases.GetAsync("kinds", Stop)).LeftOut);
    }

    // Half of the file goes with the first byte that is read of it.
    private sealed class Shrinking(string path) : FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == 0)
            {
                SetLength(Length / 2);
            }

            return base.ReadAsync(buffer, cancellationToken);
        }
    }

    private static async IAsyncEnumerable<UploadFile> All(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            await using var content = File.OpenRead(path);
            yield return new UploadFile(Path.GetRelativePath(folder, path).Replace('\\', '/'), content);
        }
    }

    private async Task PutSidedAsync()
    {
        var folder = Path.Combine(Folder, "sided-base");
        Base.Write(folder);
        Write(folder, ("config.json", "base's"), ("tokenizer.json", "base's"));
        await Store.Bases.AddAsync("sided", ModelUpload.FromPath(folder), Stop);
        await Store.Tasks.PutAsync("sided", new TaskSpec("sided"), Stop);
    }

    private async Task<Saved<CheckpointInfo>> SaveSidedAsync(long step, TestModel model, params (string Name, string Text)[] files)
    {
        var folder = Path.Combine(Folder, $"{Guid.NewGuid():N}");
        model.Write(folder);
        Write(folder, files);
        using var opened = ModelFolder.Open(folder);
        return await Store.Checkpoints.SaveAsync("sided", step, new CheckpointContent.Full(opened), null, Stop);
    }

    private async Task ExpectAsync(long step, params (string Name, string Text)[] expected)
    {
        await using var reader = await Store.States.OpenAsync("sided", StepRef.At(step), Stop);
        var side = reader.Files.Where(file => !ModelFiles.IsName(file.Name)).ToArray();
        Assert.Equal(expected.Select(file => file.Name), side.Select(file => file.Name));
        foreach (var ((_, text), file) in expected.Zip(side))
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            Assert.Equal((Digest.Of(bytes), (long)bytes.Length), (file.Sha256, file.Bytes));
            Assert.Equal(bytes, await reader.ReadAsync(file.Name));
        }
    }

    private SideFile[] Files(params (string Name, string Text)[] files)
    {
        var folder = Path.Combine(Folder, $"{Guid.NewGuid():N}");
        Write(folder, files);
        return [.. files.Select(file => new SideFile(file.Name, Path.Combine(folder, file.Name)))];
    }

    private static Dictionary<string, Digest> Known(params (string Name, string Text)[] files) =>
        files.ToDictionary(file => file.Name, file => Digest.Of(System.Text.Encoding.UTF8.GetBytes(file.Text)), StringComparer.Ordinal);

    private static void Write(string folder, params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), text);
        }
    }
}
