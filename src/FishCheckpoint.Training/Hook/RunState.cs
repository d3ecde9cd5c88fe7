using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Copies the content of a save, and restores a resumed run: the model's masked values and the parts of the trainer state. Used on the
/// training thread only.
/// </summary>
/// <param name="model">The trained tensors.</param>
/// <param name="options">The options with the parts.</param>
/// <param name="first">The hook's first mask.</param>
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

    /// <summary>Copies the trainer state; <see langword="null"/> if there is none.</summary>
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

    /// <summary>The mask of a checkpoint's training, and the number of saves since it changed.</summary>
    public (Mask Mask, int SavesSinceMask) MaskOf(TrainerState? state) =>
        state?.Sections.Contains(HookState.Section, StringComparer.Ordinal) == true
        ? HookState.LoadFrom(state.Section(HookState.Section), first) : (first, 0);

    /// <summary>Refuses a trainer state that does not fit a part, before anything is changed.</summary>
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

    /// <summary>Gives each part its section of the trainer state.</summary>
    /// <returns>Whether there was any section.</returns>
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
