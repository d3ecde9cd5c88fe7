using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>Does operations to a store.</summary>
/// <param name="store">The store.</param>
/// <param name="scratch">A folder, outside of the store's, for the files that are handed in.</param>
public sealed class Performer(CheckpointStore store, string scratch)
{
    /// <summary>Does one.</summary>
    /// <param name="operation">What.</param>
    /// <param name="foresee">Gets the outcome of a dry run before a collection begins.</param>
    /// <returns><see cref="StoreModel.Done"/>, what a collection deleted, or the code of the refusal. Anything but the store's own errors
    /// is thrown: a fault.</returns>
    public async Task<string> PerformAsync(Operation operation, Func<string, Task>? foresee = null)
    {
        try
        {
            if (operation.Kind == OperationKind.Collect)
            {
                return await CollectAsync(operation, foresee);
            }

            await DoAsync(operation);
            return StoreModel.Done;
        }
        catch (FishException error)
        {
            return ErrorCodes.NameOf(error.Code);
        }
    }

    private Task DoAsync(Operation operation) => operation.Kind switch
    {
        OperationKind.AddBase =>
            store.Bases.AddAsync(operation.Task, ModelUpload.FromStream(new MemoryStream(Contents.Base(operation.Content).ToBytes()))),
        OperationKind.PutTask => store.Tasks.PutAsync(
            operation.Task,
            new TaskSpec(Contents.BaseOf(operation.Task), Contents.DescriptionOf(operation.Content),
                Retention: ModelRetention.Of(operation.Content))),
        OperationKind.Branch => store.Tasks.PutAsync(operation.Task, new TaskSpec(
            null, Contents.DescriptionOf(operation.Content), Retention: ModelRetention.Of(operation.Content),
            BranchPoint: new BranchPoint(operation.Start!.Value.Task, operation.Start.Value.Step))),
        OperationKind.SaveFull => SaveFullAsync(operation),
        OperationKind.SavePatch => SavePatchAsync(operation),
        OperationKind.SaveMasked => SaveAsync(operation, new CheckpointContent.Changed(Contents.DeltaOf(operation))),
        OperationKind.PutState => store.States.PutTrainerStateAsync(
            operation.Task, StepRef.At(operation.Step), new MemoryStream(Contents.StateOf(operation.State))),
        OperationKind.SetTag => store.Checkpoints.SetTagAsync(operation.Task, operation.Tag, StepRef.At(operation.Step)),
        OperationKind.RemoveTag => store.Checkpoints.SetTagAsync(operation.Task, operation.Tag, null),
        OperationKind.DeleteCheckpoint => store.Checkpoints.DeleteAsync(operation.Task, StepRef.At(operation.Step)),
        OperationKind.DeleteTask => store.Tasks.DeleteAsync(operation.Task),
        OperationKind.Pin or OperationKind.Unpin =>
            store.Checkpoints.SetPinAsync(operation.Task, StepRef.At(operation.Step), operation.Kind == OperationKind.Pin),
        OperationKind.Undelete => store.Checkpoints.UndeleteAsync(
            operation.Task, operation.Step, new UndeleteOptions(operation.Content == 0 ? null : operation.Content - 1)),
        OperationKind.UndeleteTask => store.Tasks.UndeleteAsync(operation.Task, operation.Tag.Length == 0 ? null : operation.Tag),
        OperationKind.RemoveBase => store.Bases.DeleteAsync(operation.Task),
        OperationKind.Recode => RecodeAsync(),
        OperationKind.Fold => FoldAsync(operation),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "This kind is not done yet."),
    };

    private async Task SaveFullAsync(Operation operation)
    {
        using var model = ModelFolder.Open(Contents.Of(operation).Write(Directory.CreateDirectory(Path.Combine(scratch, "full")).FullName));
        await SaveAsync(operation, new CheckpointContent.Full(model));
    }

    private async Task SavePatchAsync(Operation operation)
    {
        var path = Path.Combine(scratch, "patch");
        await File.WriteAllBytesAsync(path, Contents.Of(operation).PatchAgainst(Contents.BaseOfTask(operation.Task)));
        using var patch = SafetensorsFile.Open(path);
        await SaveAsync(operation, new CheckpointContent.Sparse(patch));
    }

    private Task SaveAsync(Operation operation, CheckpointContent content) => store.Checkpoints.SaveAsync(
        operation.Task, operation.Step, content, new SaveOptions
        {
            Metrics = Contents.MetricsOf(operation.Content),
            Parent = operation.Parent.Length == 0 ? ParentChoice.Auto : ParentChoice.Parse(operation.Parent),
            SideFiles = operation.Files == 0 ? [] : WriteFiles(operation.Files),
            OpenTrainerState = operation.State == 0 ? null : () => new MemoryStream(Contents.StateOf(operation.State)),
        });

    private List<SideFile> WriteFiles(int set)
    {
        var files = new List<SideFile>();
        foreach (var (name, bytes) in Contents.FilesOf(set))
        {
            var path = Path.Combine(scratch, "files", name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
            files.Add(new SideFile(name, path));
        }

        return files;
    }

    private async Task RecodeAsync() => RequireSound("Recoding", (await store.Maintenance.RecodeAsync()).Damaged);

    // What a read may cost is little more than one of the base, so that there is much to fold.
    private async Task FoldAsync(Operation operation) => RequireSound("Folding", (await store.Maintenance.FoldAsync(new FoldOptions
    {
        Task = operation.Task.Length == 0 ? null : operation.Task, MaxReadCost = 1 + (operation.Content / 8.0),
    })).Damaged);

    // Each task's are deleted in one transaction. What it frees, it frees of all of the store.
    private async Task<string> CollectAsync(Operation operation, Func<string, Task>? foresee)
    {
        var options = new CollectOptions { Task = operation.Task.Length == 0 ? null : operation.Task, Now = operation.IsFinal };
        if (foresee is not null)
        {
            await foresee(OutcomeOf(await store.Maintenance.CollectAsync(options with { DryRun = true })));
        }

        return OutcomeOf(await store.Maintenance.CollectAsync(options));
    }

    private static string OutcomeOf(CollectResult result)
    {
        RequireSound("Collection", result.Damaged);
        return StoreModel.DoneWith(result.Checkpoints.Select(gone => (gone.Task, gone.Step)));
    }

    private static void RequireSound(string what, IReadOnlyList<DamagedFrame> damaged)
    {
        if (damaged.Count > 0)
        {
            throw new InvalidOperationException($"{what} found damage: {damaged[0].Key}: {damaged[0].Problem}");
        }
    }
}
