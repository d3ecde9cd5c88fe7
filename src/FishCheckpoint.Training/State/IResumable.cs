using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>A part of training that continues after a restart: an optimizer, a random number generator, a schedule, a sampler.</summary>
public interface IResumable
{
    /// <summary>
    /// Copies the part's state. The training thread waits for it, so its cost should depend on the mask, not on the model.
    /// </summary>
    /// <param name="state">Receives the copies; empty.</param>
    void SaveTo(StateSection state);

    /// <summary>
    /// Checks whether <see cref="LoadFrom"/> would accept a state, without changing anything, so that a run is refused before any of it is
    /// overwritten. Default: it would.
    /// </summary>
    /// <param name="state">The saved state.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it belongs to another optimizer or other groups, or has
    /// another size.</exception>
    void Check(StateSection state)
    {
    }

    /// <summary>Restores a state from <see cref="SaveTo"/>; training then continues bit for bit.</summary>
    /// <param name="state">The saved state.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: an entry is missing or has another size.</exception>
    void LoadFrom(StateSection state);
}
