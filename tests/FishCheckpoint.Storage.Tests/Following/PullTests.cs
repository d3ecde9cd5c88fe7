using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Pull;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Following;

public sealed class PullTests : FollowingTest
{
    [Fact]
    public async Task Pull_StepAfterStep_IsWholeOnceAndThenDeltas()
    {
        var models = new[] { Base.Change(1), Base.Change(1).Change(2, 0.001), Base.Change(1).Change(3, 0.001), Base.Change(4) };
        var forms = new List<PullForm>();
        for (var step = 0; step < models.Length; step++)
        {
            await SaveAsync(step, models[step]);
            var pulled = await PullAsync();
            forms.Add(pulled.Form);
            Assert.Equal((step, models[step].Header.FileLength), (pulled.Step, pulled.ModelBytes));
            Assert.Equal(models[step].ToBytes(), CurrentModel);
            Assert.Equal(pulled.Form == PullForm.Full, pulled.FetchedBytes == pulled.ModelBytes);
        }

        Assert.Equal([PullForm.Full, PullForm.Delta, PullForm.Delta, PullForm.Delta], forms);
        Assert.Equal(["step-2", "step-3"], Models);
        Assert.Equal((PullForm.Current, 0), (await PullAsync() is var again ? again.Form : default, again.FetchedBytes));
        Assert.Empty(Warnings);
        AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_FarBehind_IsOneComposedDelta()
    {
        await SaveAsync(0, Base.Change(1));
        await PullAsync();
        var model = Base.Change(1);
        for (var step = 1; step < 12; step++)
        {
            await SaveAsync(step, model = model.Change(step, 0.0001));
        }

        var pulled = await PullAsync();
        Assert.Equal((PullForm.Delta, 11), (pulled.Form, pulled.Step));
        Assert.InRange(pulled.FetchedBytes, 1, pulled.ModelBytes / 20);
        Assert.Equal(model.ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_OfADeletedStepsFollower_IsWhole()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        await SaveAsync(2, Base.Change(2));
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);

        var pulled = await PullAsync();
        Assert.Equal(PullForm.Full, pulled.Form);
        Assert.Contains("step 1", pulled.Because, StringComparison.Ordinal);
        Assert.Equal(Base.Change(2).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_WhatChangesEverywhere_IsWhole()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        await SaveAsync(2, TestModel.Create(99));
        var pulled = await PullAsync();
        Assert.Equal((PullForm.Full, "the delta from step 1 is larger"), (pulled.Form, pulled.Because));
        Assert.Equal(TestModel.Create(99).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_UnderAnotherHeader_IsADeltaWhereTheTensorsLieTheSame()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        var withHeader = Base.Change(2).Under(new Dictionary<string, string>(StringComparer.Ordinal) { ["step"] = "2" });
        await SaveAsync(2, withHeader);
        Assert.Equal(PullForm.Delta, (await PullAsync()).Form);
        Assert.Equal(withHeader.ToBytes(), CurrentModel);

        await SaveAsync(3, Base.Change(3).Rearranged());
        Assert.Equal(PullForm.Full, (await PullAsync()).Form);
        Assert.Equal(Base.Change(3).Rearranged().ToBytes(), CurrentModel);

        await SaveAsync(4, Base.Change(3).Change(4, 0.0001).Rearranged());
        Assert.Equal(PullForm.Delta, (await PullAsync()).Form);
        Assert.Equal(Base.Change(3).Change(4, 0.0001).Rearranged().ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_OntoADamagedCopy_SaysSoAndIsWhole()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        Damage();
        await SaveAsync(2, Base.Change(2));

        Assert.Equal(PullForm.Full, (await PullAsync()).Form);
        Assert.Equal(Base.Change(2).ToBytes(), CurrentModel);
        Assert.Contains("step-1/model.safetensors was changed or damaged", Assert.Single(Warnings), StringComparison.Ordinal);
        AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_OfADamagedCurrentModel_MendsItBesideTheDamage()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        Damage();
        Assert.Equal(PullForm.Full, (await PullAsync()).Form);
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);
        Assert.Single(Warnings);

        File.Delete(Path.Combine(Current, ".fish.json"));
        Assert.Equal(PullForm.Full, (await PullAsync()).Form);
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_OfAStepThatWasSavedAgain_IsTheNewOne()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        await SaveAsync(1, Base.Change(2));

        var pulled = await PullAsync();
        Assert.Equal((PullForm.Full, "the store has another state of step 1 than this folder"), (pulled.Form, pulled.Because));
        Assert.Equal(Base.Change(2).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_OfAKeptStep_FetchesNothing()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        await SaveAsync(2, Base.Change(2));
        await PullAsync();
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);

        var back = await PullAsync();
        Assert.Equal((PullForm.Kept, 1, 0), (back.Form, back.Step, back.FetchedBytes));
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_OfTheBest_FollowsTheMetric()
    {
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention { Monitor = "loss", Mode = "min" }), Stop);
        foreach (var (step, loss) in new[] { (1, 0.5), (2, 0.25), (3, 0.75) })
        {
            using var file = ModelFolder.Open(Base.Change(step).Write(Path.Combine(Work, $"{step}")));
            await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(
                file), new SaveOptions { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss } }, Stop);
        }

        Assert.Equal(2, (await PullAsync(options: Wanted with { Step = StepRef.Best })).Step);
        Assert.Equal(Base.Change(2).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_OfASharding_TakesSideFilesAlong()
    {
        var (first, second) = (TestModel.Create(1, null, new TensorInfo("a", DType.F32, [400, 100])),
            TestModel.Create(2, null, new TensorInfo("b", DType.BF16, [70, 50])));
        Write(first, second, "base");
        await File.WriteAllTextAsync(Path.Combine(Work, "base", "config.json"), "{}", Stop);
        await Store.Bases.AddAsync("sharded", ModelUpload.FromPath(Path.Combine(Work, "base")), Stop);
        await Store.Tasks.PutAsync("shards", new TaskSpec(
            "sharded", Tensors: new Dictionary<string, OwnTensor?>(StringComparer.Ordinal) { ["head"] = new("F32", [3]) }), Stop);
        foreach (var step in new[] { 1, 2 })
        {
            var head = second.Change(step).With(new TensorInfo("head", DType.F32, [3]), step);
            using var model = ModelFolder.Open(Write(first.Change(step), head, $"{step}"));
            await Store.Checkpoints.SaveAsync("shards", step, new CheckpointContent.Full(model), null, Stop);
            var pulled = await PullAsync(options: Wanted with { Task = "shards" });
            Assert.Equal(step == 1 ? PullForm.Full : PullForm.Delta, pulled.Form);
            await using var reader = await Store.States.OpenAsync("shards", StepRef.At(step), Stop);
            foreach (var file in reader.Files)
            {
                Assert.Equal(await reader.ReadAsync(file.Name), await File.ReadAllBytesAsync(Path.Combine(pulled.Path, file.Name), Stop));
            }

            Assert.Equal(
                ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"],
                reader.Files.Select(file => file.Name));
        }

        Damage("config.json");
        Assert.Equal(PullForm.Full, (await PullAsync(options: Wanted with { Task = "shards" })).Form);
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(Current, "config.json"), Stop));
    }

    [Fact]
    public async Task Pull_OfTheSameModelWithOtherSideFiles_BringsThemAndFetchesNoWeights()
    {
        await SaveWithAsync(("config.json", "{}"), ("tokenizer/vocab.txt", "a b"));
        await PullAsync();
        var foreign = Path.Combine(Pulled, "notes.txt");
        await File.WriteAllTextAsync(foreign, "mine", Stop);
        Assert.Equal(PullForm.Current, (await PullAsync()).Form);

        await SaveWithAsync(("config.json", """{"a":1}"""), ("tokenizer/vocab.txt", "a b"), ("tokenizer/merges.txt", "new"));
        await AssertPulledAsync("step-1-", ("config.json", """{"a":1}"""), ("tokenizer/vocab.txt", "a b"), ("tokenizer/merges.txt", "new"));
        await SaveWithAsync(("tokenizer/merges.txt", "new"));
        await AssertPulledAsync("step-1", ("tokenizer/merges.txt", "new"));
        await SaveWithAsync();
        await AssertPulledAsync("step-1-");

        Assert.Equal(PullForm.Current, (await PullAsync()).Form);
        Assert.Equal("mine", await File.ReadAllTextAsync(foreign, Stop));
        Assert.Equal(2, Models.Count());
        AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_OfTheSameModelUnderAnotherHeader_BringsItAndFetchesNoWeights()
    {
        var withHeader = Base.Change(1).Under(new Dictionary<string, string>(StringComparer.Ordinal) { ["step"] = "1" });
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        foreach (var (model, form) in new[] { (withHeader, PullForm.Delta), (Base.Change(1), PullForm.Delta),
            (Base.Change(1).Rearranged(), PullForm.Full) })
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
            await SaveAsync(1, model);
            var pulled = await PullAsync();
            Assert.Equal(form, pulled.Form);
            Assert.True(form == PullForm.Full || pulled.FetchedBytes < 4096);
            Assert.Equal(model.ToBytes(), CurrentModel);
            Assert.Equal(PullForm.Current, (await PullAsync()).Form);
        }
    }

    [Fact]
    public async Task Pull_OfAStepThatWasDamagedInTheStore_StaysAtTheWholeModel()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        var damaged = Altered((method, _) => method == "States.OpenAsync"
            ? throw new FishException(ErrorCode.CorruptCheckpoint, "task/1", "It is damaged.", "Repair it.") : null);
        Assert.Equal(PullForm.Current, (await PullAsync(damaged)).Form);
    }

    [Fact]
    public async Task Pull_IntoAFolderOfAnotherModel_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        using (var file = ModelFolder.Open(Base.Change(5).Write(Path.Combine(Work, "other"))))
        {
            await Store.Checkpoints.SaveAsync("other", 1, new CheckpointContent.Full(file), null, Stop);
        }

        await RefusedAsync(ErrorCode.FolderTaken, Wanted with { Task = "other" });
        var another = TestModel.Create(7);
        await Store.Tasks.DeleteAsync("task", Stop);
        await Store.Bases.AddAsync("another", ModelUpload.FromStream(new MemoryStream(another.ToBytes())), Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("another"), Stop);
        await SaveAsync(9, another.Change(1));
        await RefusedAsync(ErrorCode.BaseMismatch, Wanted);
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);
    }

    [Fact]
    public async Task Pull_IntoAFolderInUse_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        using var first = ModelPuller.Open(Store, Wanted);
        await RefusedAsync(ErrorCode.FolderTaken, Wanted);
        await first.PullAsync(Stop);
        first.Dispose();

        Directory.Delete(Pulled, recursive: true);
        Directory.CreateDirectory(Path.Combine(Pulled, "current"));
        await RefusedAsync(ErrorCode.FolderTaken, Wanted);
        Directory.Delete(Path.Combine(Pulled, "current"));
        Directory.CreateDirectory(Path.Combine(Pulled, "step-1"));
        await RefusedAsync(ErrorCode.FolderTaken, Wanted);
        Assert.True(Directory.Exists(Path.Combine(Pulled, "step-1")));
        AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_AfterAKill_TidiesUpAndPoints()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(),
            "The link alone is the pointer on Linux and macOS; TextPointerTests do the same for Windows.");
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        await PullAsync(options: Wanted with { Step = StepRef.At(1) });
        await PullAsync();

        // As between the model's place and the pointer, and with something that was coming.
        File.Delete(Path.Combine(Pulled, "current"));
        File.CreateSymbolicLink(Path.Combine(Pulled, "current"), "step-1");
        File.CreateSymbolicLink(Path.Combine(Pulled, ".incoming-link"), "step-1");
        Directory.CreateDirectory(Path.Combine(Pulled, ".incoming-folder", "spool"));
        File.WriteAllText(Path.Combine(Pulled, ".incoming-folder", "model.safetensors"), "half");

        Assert.Equal((PullForm.Kept, 2), (await PullAsync() is var pulled ? pulled.Form : default, pulled.Step));
        Assert.Equal(Base.Change(2).ToBytes(), CurrentModel);
        Assert.Equal(["step-1", "step-2"], Models);
        AssertNoLeftovers();
    }

    private string Write(TestModel first, TestModel second, string name)
    {
        var folder = Path.Combine(Work, name);
        first.Write(folder, "model-00001-of-00002.safetensors");
        second.Write(folder, "model-00002-of-00002.safetensors");
        return folder;
    }

    private async Task RefusedAsync(ErrorCode code, PullOptions options) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<FishException>(() => PullAsync(options: options))).Code);

    // Saves step 1 again: the same weights, and these side files.
    private async Task SaveWithAsync(params (string Name, string Text)[] sideFiles)
    {
        var folder = Path.Combine(Work, $"{Guid.NewGuid():N}");
        Base.Change(1).Write(folder);
        foreach (var (name, text) in sideFiles)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, Stop);
        }

        if (Directory.Exists(Pulled))
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        }

        using var model = ModelFolder.Open(folder);
        await Store.Checkpoints.SaveAsync("task", 1, new CheckpointContent.Full(model), null, Stop);
    }

    private async Task AssertPulledAsync(string name, params (string Name, string Text)[] sideFiles)
    {
        var pulled = await PullAsync();
        Assert.Equal(PullForm.Delta, pulled.Form);
        Assert.InRange(pulled.FetchedBytes, 0, 4096);
        Assert.StartsWith(name, Path.GetFileName(pulled.Path), StringComparison.Ordinal);
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);
        var found = Directory.EnumerateFiles(pulled.Path, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(pulled.Path, path).Replace('\\', '/'));
        Assert.Equal(
            sideFiles.Select(file => file.Name).Append("model.safetensors").Append(".fish.json").Order(StringComparer.Ordinal),
                found.Order(StringComparer.Ordinal));
        foreach (var (file, text) in sideFiles)
        {
            Assert.Equal(text, await File.ReadAllTextAsync(Path.Combine(pulled.Path, file), Stop));
        }
    }
}
