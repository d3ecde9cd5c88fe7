using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Copies what a save holds, and puts back what a resumed run needs: the model's masked values, and the parts of the trainer state. Used on
/// the training thread only.
/// </summary>
/// <param name="model">The tensors that are trained.</param>
/// <param name="options">Names the parts.</param>
/// <param name="first">The mask that the hook was made with.</param>
internal sealed class RunState(ITrainingModel model, CheckpointHookOptions options, Mask first)
{
    /// <summary>Copies the values at a mask's positions.</summary>
    public Delta Gather(Mask mask)
    {
        var values = new ReadOnlyMemory<byte>[mask.Tensors.Count];
        for (var index = 0; index < values.Length; index++)
        {
            var tensor = mask.Tensors[index];
            var taken = GC.AllocateUninitializedArray<byte>(tensor.Positions.Length * mask.Layout.Tensors[tensor.Tensor].UnitSize);
            model.Gather(tensor, taken);
            values[index] = taken;
        }

        return new Delta(mask, values);
    }

    /// <summary>Copies what resuming needs; <see langword="null"/> if that is nothing.</summary>
    public TrainerState? Capture(Mask mask, int savesSinceMask)
    {
        if (options.State.Count == 0 && options.MaskSource is null && mask.Id == first.Id)
        {
            return null;
        }

        var state = new TrainerState();
        HookState.SaveTo(state.Section(HookState.Section), mask, first, savesSinceMask);
        foreach (var (name, part) in options.State)
        {
            part.SaveTo(state.Section(name));
        }

        return state;
    }

    /// <summary>The mask that a checkpoint was trained with, and the saves since it changed.</summary>
    public (Mask Mask, int SavesSinceMask) MaskOf(TrainerState? state) =>
        state?.Sections.Contains(HookState.Section, StringComparer.Ordinal) == true
        ? HookState.LoadFrom(state.Section(HookState.Section), first) : (first, 0);

    /// <summary>Refuses a state that a part cannot take, before anything is changed.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StateMismatch"/>.</exception>
    public void Check(TrainerState? state)
    {
        MaskOf(state);
        if (state is null)
        {
            return;
        }

        foreach (var (name, part) in options.State)
        {
            part.Check(state.Section(name));
        }
    }

    /// <summary>Gives each part its section back.</summary>
    /// <returns>Whether there was one to give.</returns>
    public bool Restore(TrainerState? state)
    {
        if (state is null && options.State.Count > 0)
        {
            return false;
        }

        foreach (var (name, part) in options.State)
        {
            part.LoadFrom(state!.Section(name));
        }

        return true;
    }
}
