namespace FishCheckpoint.Errors;

/// <summary>The exception of every failed operation: what was attempted, on which object, why it failed, and what to do.</summary>
public sealed class FishException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="code">The stable code.</param>
    /// <param name="key">The object that it concerns: a tensor, a task, <c>task/step</c>, a file.</param>
    /// <param name="cause">The reason: a sentence with what was expected and what was found.</param>
    /// <param name="hint">What to do: a sentence.</param>
    /// <param name="inner">The underlying error, if there is one.</param>
    public FishException(ErrorCode code, string key, string cause, string hint, Exception? inner = null)
        : base($"{ErrorCodes.NameOf(code)} ({key}): {cause} {hint}", inner)
    {
        (Code, Key, Cause, Hint) = (code, key, cause, hint);
    }

    /// <summary>The stable code.</summary>
    public ErrorCode Code { get; }

    /// <summary>The object that the error concerns.</summary>
    public string Key { get; }

    /// <summary>The reason.</summary>
    public string Cause { get; }

    /// <summary>What to do.</summary>
    public string Hint { get; }

    /// <summary>The operation that failed, set by the outermost caller that knows it (a route, a command).</summary>
    public string? Operation { get; init; }

    /// <summary>
    /// The HTTP status of the response; <see langword="null"/> if there was no response, for example from an unreachable server.
    /// </summary>
    public int? Status { get; init; }

    /// <summary>
    /// The delay before a retry that the server requests (RFC 9110, Retry-After in seconds); <see langword="null"/> if there is none.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The kind of <see cref="Code"/>.</summary>
    public ErrorKind Kind => ErrorCodes.KindOf(Code);
}
