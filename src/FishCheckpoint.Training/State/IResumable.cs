using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>
/// A part of training that goes on after a restart where it was: an optimizer, a random number generator, a schedule, a sampler.
/// </summary>
public interface IResumable
{
    /// <summary>
    /// Copies what resuming needs. Called on the training thread, which waits for it: its cost belongs to the mask, not to the model.
    /// </summary>
    /// <param name="state">Takes the copies; empty.</param>
    void SaveTo(StateSection state);

    /// <summary>
    /// Looks whether <see cref="LoadFrom"/> would take a state, and changes nothing: so that a run is refused before any of it is
    /// overwritten. Default: it would.
    /// </summary>
    /// <param name="state">What was saved.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is of another optimizer, of other groups, or of another
    /// size.</exception>
    void Check(StateSection state)
    {
    }

    /// <summary>Takes back what <see cref="SaveTo"/> gave; from here on training continues bit for bit.</summary>
    /// <param name="state">What was saved.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: something is missing, or is of another size.</exception>
    void LoadFrom(StateSection state);
}
