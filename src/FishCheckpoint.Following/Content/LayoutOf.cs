using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Finds the layout of a task: the order of its delta positions, which may differ from a checkpoint's own headers.</summary>
internal static class LayoutOf
{
    /// <summary>Returns the model's layout, or computes it from the base.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: neither matches the task's layout.</exception>
    public static async Task<Layout> TaskAsync(
        IBases bases, TaskInfo task, IModelReader model, int maxHeaderLength, CancellationToken cancellation)
    {
        if (model.Layout.Id == task.Layout)
        {
            return model.Layout;
        }

        await using var opened = await bases.OpenAsync(task.BaseId.ToString(), cancellation);
        var headers = await ModelHeaders.ReadAsync(opened, maxHeaderLength, cancellation);
        var layout = TaskLayout.Create(new ModelFiles(headers.Select(pair => new ModelFile(pair.Key, pair.Value))), task.Tensors).Layout;
        return layout.Id == task.Layout ? layout
            : throw new FishException(
                ErrorCode.LayoutMismatch, task.Name, "The task's layout matches neither its base nor its own tensors.",
                "Verify the store, then pull again.");
    }
}
