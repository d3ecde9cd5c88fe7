using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>Does operations to a store.</summary>
/// <param name="store">The store.</param>
/// <param name="scratch">A folder, outside of the store's, for the files that are handed in.</param>
public sealed class Performer(SqliteCheckpointStore store, string scratch)
{
    /// <summary>Does one.</summary>
    /// <returns><see cref="StoreModel.Done"/>, or the code of the refusal. Anything but the store's own errors is thrown: a fault.</returns>
    public async Task<string> PerformAsync(Operation operation)
    {
        try
        {
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
        OperationKind.AddBase => store.AddBaseAsync(operation.Task, ModelUpload.FromStream(new MemoryStream(Contents.Base(operation.Content).ToBytes()))),
        OperationKind.PutTask => store.PutTaskAsync(
            operation.Task, new TaskSpec(Contents.BaseOf(operation.Task), Contents.DescriptionOf(operation.Content))),
        OperationKind.SaveFull => SaveFullAsync(operation),
        OperationKind.SavePatch => SavePatchAsync(operation),
        OperationKind.SaveMasked => SaveAsync(operation, new CheckpointContent.Changed(Contents.DeltaOf(operation))),
        OperationKind.PutState => store.PutStateAsync(operation.Task, StepRef.At(operation.Step), new MemoryStream(Contents.StateOf(operation.State))),
        OperationKind.SetTag => store.SetTagAsync(operation.Task, operation.Tag, StepRef.At(operation.Step)),
        OperationKind.RemoveTag => store.RemoveTagAsync(operation.Task, operation.Tag),
        OperationKind.DeleteCheckpoint => store.DeleteCheckpointAsync(operation.Task, StepRef.At(operation.Step)),
        OperationKind.DeleteTask => store.DeleteTaskAsync(operation.Task),
        OperationKind.Recode => RecodeAsync(),
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

    private Task SaveAsync(Operation operation, CheckpointContent content) => store.SaveAsync(
        operation.Task, operation.Step, content, new SaveOptions
        {
            Metrics = Contents.MetricsOf(operation.Content),
            OpenState = operation.State == 0 ? null : () => new MemoryStream(Contents.StateOf(operation.State)),
        });

    private async Task RecodeAsync()
    {
        var result = await store.RecodeAsync();
        if (result.Damaged.Count > 0)
        {
            throw new InvalidOperationException($"Recoding found damage: {result.Damaged[0].Key}: {result.Damaged[0].Problem}");
        }
    }
}
