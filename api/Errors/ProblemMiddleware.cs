using System.Text.Json;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Errors;

/// <summary>
/// Turns every exception, and every bare error status, into problem details. It breaks off a partly sent response, so that the client
/// cannot take it for complete.
/// </summary>
internal sealed class ProblemMiddleware(RequestDelegate next, FishMetrics metrics, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            RawPath.RefuseDotSegments(context.Request);
            await next(context);
            if (BareProblem(context) is { } bare)
            {
                await bare.WriteAsync(context.Response);
            }
        }
        catch (Exception error) when (IsDisconnect(context, error))
        {
            ApiLog.Disconnected(logger, OperationOf(context));
            context.Abort();
        }
        catch (Exception error)
        {
            await AnswerAsync(context, error);
        }
    }

    // A writer may notice a disconnected client before the server reports the request as aborted.
    private static bool IsDisconnect(HttpContext context, Exception error) =>
        context.RequestAborted.IsCancellationRequested || (error is OperationCanceledException && context.Response.HasStarted);

    private async Task AnswerAsync(HttpContext context, Exception error)
    {
        var problem = ProblemOf(context, error);
        problem = context.GetEndpoint()?.Metadata.GetMetadata<HubRoute>() is null ? problem : problem.ForHub();
        metrics.Refused(problem.Code);
        if (error is FishException { Kind: ErrorKind.Corrupt } damage)
        {
            metrics.Damaged(damage.Code);
            ApiLog.Damaged(logger, problem.Code, problem.Key, problem.Cause);
        }

        if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            ApiLog.Failed(logger, problem.Operation, problem.Code, error);
        }
        else
        {
            ApiLog.Refused(logger, problem.Operation, problem.Code, problem.Key, problem.Cause);
        }

        // Sent bytes cannot be recalled: only a broken connection shows the client that they are incomplete.
        if (context.Response.HasStarted || context.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 })
        {
            ApiLog.BrokenOff(logger, problem.Operation, problem.Code);
            context.Abort();
            return;
        }

        var kept = context.Response.Headers.ContentRange;
        context.Response.Clear();
        if (problem.Status == StatusCodes.Status416RangeNotSatisfiable)
        {
            context.Response.Headers.ContentRange = kept;
        }

        await problem.WriteAsync(context.Response);
    }

    private static FishProblem ProblemOf(HttpContext context, Exception error) => error switch
    {
        FishException known => FishProblem.Of(known, OperationOf(context)),
        PreconditionFailedException failed => FishProblem.Create(
            StatusCodes.Status412PreconditionFailed, "PRECONDITION_FAILED", OperationOf(context), failed.Tag,
            $"The current ETag is {failed.Tag}; If-Match has another one.", "Fetch it again."),
        BadHttpRequestException bad => FishProblem.Of(Translate(context, bad), OperationOf(context)),
        _ => FishProblem.Create(
            StatusCodes.Status500InternalServerError, "INTERNAL", OperationOf(context), context.TraceIdentifier,
            "The server failed unexpectedly.", "See this key in its log."),
    };

    private static FishException Translate(HttpContext context, BadHttpRequestException bad) => (bad.StatusCode, bad.InnerException) switch
    {
        (StatusCodes.Status415UnsupportedMediaType, _) => new FishException(
            ErrorCode.MediaTypeUnsupported, context.Request.ContentType ?? "", "This route accepts JSON.",
            "Send Content-Type: application/json.", bad),
        (StatusCodes.Status408RequestTimeout, _) => BodyErrors.Truncated(context.Request.Path, bad),
        (_, JsonException json) => new FishException(
            ErrorCode.RequestInvalid, json.Path ?? "$",
            $"The JSON body cannot be read at line {json.LineNumber + 1}, byte {json.BytePositionInLine}.",
            "Compare it with the schema in /openapi/v1.json.", bad),
        _ => new FishException(
            ErrorCode.RequestInvalid, context.Request.Path, bad.Message, "Compare the request with /openapi/v1.json.", bad),
    };

    private static FishProblem? BareProblem(HttpContext context)
    {
        var (response, path) = (context.Response, context.Request.Path);
        return (response.HasStarted || response.ContentType is not null, response.StatusCode) switch
        {
            (false, StatusCodes.Status404NotFound) => FishProblem.Of(
                new FishException(ErrorCode.RouteNotFound, path, "The route does not exist.", "GET / lists the routes."),
                OperationOf(context)),
            (false, StatusCodes.Status405MethodNotAllowed) => FishProblem.Create(
                response.StatusCode, "METHOD_NOT_ALLOWED", OperationOf(context), path,
                $"The route does not accept {context.Request.Method}.",
                $"It accepts {response.Headers.Allow}."),
            (false, StatusCodes.Status400BadRequest or StatusCodes.Status408RequestTimeout) => FishProblem.Of(
                new FishException(ErrorCode.RequestInvalid, path, "The request cannot be read.", "Compare it with /openapi/v1.json."),
                OperationOf(context)),
            (false, StatusCodes.Status415UnsupportedMediaType) => FishProblem.Of(
                new FishException(
                    ErrorCode.MediaTypeUnsupported, context.Request.ContentType ?? "", "The route does not accept this media type.",
                    "See /openapi/v1.json for the accepted ones."),
                OperationOf(context)),
            _ => null,
        };
    }

    private static string OperationOf(HttpContext context) =>
        $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? context.Request.Path}";
}
